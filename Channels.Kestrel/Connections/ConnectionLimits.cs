using System.Net;
using System.Runtime.InteropServices;

namespace Channels.Kestrel;

/// <summary>
/// Counts what lasts on the server and for each client address, from before the handshake of a WebSocket to its end, and
/// while an HTTP request waits for its end; refuses what is over a cap. The networks of an IPv6 site together have a few times
/// the cap of one: who is given a /48 is not 65,536 clients. Thread-safe.
/// </summary>
internal sealed class ConnectionLimits(ChannelsServerOptions options, TimeProvider time)
{
    /// <summary>How many times the cap of a network its whole site may have.</summary>
    public const int SiteFactor = 4;

    private readonly int _most = Capacity.Sockets(options); // 0 for no limit
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, int> _perAddress = [];
    private readonly Dictionary<AddressKey, int> _perSite = [];
    private readonly HandshakeRate? _rate = Rate(options.MaxHandshakesPerSecondPerAddress, time);
    private readonly HandshakeRate? _siteRate = Rate(options.MaxHandshakesPerSecondPerAddress * (long)SiteFactor, time);
    private int _count;

    /// <summary>How many are admitted now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>How many addresses and sites are remembered; none without an admitted connection.</summary>
    public int AddressCount
    {
        get
        {
            lock (_lock)
            {
                return _perAddress.Count + _perSite.Count;
            }
        }
    }

    /// <summary>Admits a connection; each success needs one <see cref="Release"/>.</summary>
    /// <param name="address">The client; null over a unix socket.</param>
    /// <param name="handshake">Whether it is a WebSocket's handshake, which the rate of handshakes is for.</param>
    /// <returns>Null when admitted, else the name of the limit that refused.</returns>
    public string? TryAdmit(IPAddress? address, bool handshake = true)
    {
        var key = AddressKey.Of(address);
        lock (_lock)
        {
            if (_most > 0 && _count >= _most)
            {
                return nameof(options.MaxWebSockets);
            }

            if (handshake && !TryTakeHandshake(key))
            {
                return nameof(options.MaxHandshakesPerSecondPerAddress);
            }

            ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, key, out _);
            if (options.MaxWebSocketsPerAddress > 0 && (same >= options.MaxWebSocketsPerAddress || IsFull(key.Site)))
            {
                if (same == 0)
                {
                    _perAddress.Remove(key);
                }

                return nameof(options.MaxWebSocketsPerAddress);
            }

            same++;
            if (key.Site is { } site)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_perSite, site, out _)++;
            }

            _count++;
            return null;
        }
    }

    public void Release(IPAddress? address)
    {
        var key = AddressKey.Of(address);
        lock (_lock)
        {
            _count--;
            Subtract(_perAddress, key);
            if (key.Site is { } site)
            {
                Subtract(_perSite, site);
            }
        }
    }

    private static HandshakeRate? Rate(long perSecond, TimeProvider time) => perSecond > 0 ? new HandshakeRate((int)Math.Min(perSecond, int.MaxValue), time) : null;

    private static void Subtract(Dictionary<AddressKey, int> counts, AddressKey key)
    {
        if (--CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _) <= 0)
        {
            counts.Remove(key);
        }
    }

    private bool TryTakeHandshake(AddressKey key) =>
        (_rate is null || _rate.TryTake(key)) && (_siteRate is null || key.Site is not { } site || _siteRate.TryTake(site));

    private bool IsFull(AddressKey? site) =>
        site is { } key && _perSite.TryGetValue(key, out var count) && count >= (long)SiteFactor * options.MaxWebSocketsPerAddress;
}
