using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>The leases of this process, one on each host that it uses for presence. Nothing runs before presence is used.</summary>
internal sealed class PresenceLeases : IAsyncDisposable
{
    private readonly IHistoryLayer _layer;
    private readonly RedisPresence _presence;
    private readonly ConcurrentDictionary<RedisLink, PresenceLease> _hosts = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private int _asked;

    public PresenceLeases(IHistoryLayer layer, RedisPresence presence)
    {
        (_layer, _presence) = (layer, presence);
        layer.Parts.OnBack(() =>
        {
            if (!presence.IsEmpty) // the first connection finds nothing to be told again
            {
                TellLater();
            }
        });
    }

    /// <summary>How often it was asked that everything be told again; each lease compares it with what it has done.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Something could not be told, or may be lost: everything is told again.</summary>
    public void TellLater() => Interlocked.Increment(ref _asked);

    /// <summary>Begins to look after a host, and has a lease on the host before anything is told to it: others must not find a process without one.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away.</exception>
    public Task BeginAsync(RedisLink link, CancellationToken cancellationToken) => LeaseOn(link).BeginAsync(cancellationToken);

    /// <summary>Notes where a process has connections, or no longer.</summary>
    public static async Task NoteAsync(RedisLink link, string index, PresencePlace place, string key, bool there, CancellationToken cancellationToken) => await link.RunAsync(
        static (database, call) => call.there ? database.SetAddAsync(call.index, call.entry) : database.SetRemoveAsync(call.index, call.entry),
        (index: (RedisKey)index, entry: (RedisValue)$"{place.Group}\n{place.Connection}\n{key}", there), bytes: 200, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        PresenceLease[] leases;
        lock (_lock)
        {
            leases = [.. _hosts.Values];
        }

        await Task.WhenAll(leases.Select(lease => lease.Running));
        if (_presence.IsEmpty) // else the leases end by themselves, so that what could not be told to have left is taken away
        {
            await Task.WhenAll(leases.Select(lease => lease.EndAsync()));
        }

        _stop.Dispose();
    }

    private PresenceLease LeaseOn(RedisLink link)
    {
        if (_hosts.TryGetValue(link, out var known))
        {
            return known;
        }

        lock (_lock) // it runs from the moment it is made, so there is never a second one
        {
            return _hosts.GetOrAdd(link, static (link, all) => new(all._layer, all._presence, all, link, all._stop.Token), this);
        }
    }
}
