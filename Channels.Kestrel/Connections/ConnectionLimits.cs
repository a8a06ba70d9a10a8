using System.Net;
using System.Runtime.InteropServices;

namespace Channels.Kestrel;

/// <summary>
/// Counts the WebSockets of the server and of each client address, from before the handshake to the end, and refuses
/// those over a cap. Thread-safe.
/// </summary>
internal sealed class ConnectionLimits(ChannelsServerOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, int> _perAddress = [];
    private readonly HandshakeRate? _rate = options.MaxHandshakesPerSecondPerAddress > 0 ? new HandshakeRate(options.MaxHandshakesPerSecondPerAddress, time) : null;
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

    /// <summary>How many addresses are remembered; none without an admitted socket.</summary>
    public int AddressCount
    {
        get
        {
            lock (_lock)
            {
                return _perAddress.Count;
            }
        }
    }

    /// <summary>Admits a socket; each success needs one <see cref="Release"/>.</summary>
    /// <returns>Null when admitted, else the name of the limit that refused.</returns>
    public string? TryAdmit(IPAddress? address)
    {
        var key = AddressKey.Of(address);
        lock (_lock)
        {
            if (options.MaxWebSockets > 0 && _count >= options.MaxWebSockets)
            {
                return nameof(options.MaxWebSockets);
            }

            if (_rate is not null && !_rate.TryTake(key))
            {
                return nameof(options.MaxHandshakesPerSecondPerAddress);
            }

            ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, key, out _);
            if (options.MaxWebSocketsPerAddress > 0 && same >= options.MaxWebSocketsPerAddress)
            {
                return nameof(options.MaxWebSocketsPerAddress);
            }

            same++;
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
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_perAddress, key, out _) <= 0)
            {
                _perAddress.Remove(key);
            }
        }
    }
}
