using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>The leases of this process, one on each host that it uses for presence. Nothing runs before presence is used.</summary>
internal sealed partial class PresenceLeases : IAsyncDisposable
{
    private readonly IHistoryLayer _layer;
    private readonly RedisPresence _presence;
    private readonly ConcurrentDictionary<RedisLink, PresenceLease> _hosts = new();
    private readonly Lock _lock = new();
    private readonly Episode _failures;
    private readonly CancellationTokenSource _stop = new();
    private int _asked;

    public PresenceLeases(IHistoryLayer layer, RedisPresence presence)
    {
        (_layer, _presence, _failures) = (layer, presence, new(layer.Parts.Time));
        layer.Parts.OnBack(() =>
        {
            if (!presence.IsEmpty) // the first connection finds nothing to be told again
            {
                TellLater();
            }
        });
    }

    private PresenceLease[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _hosts.Values];
            }
        }
    }

    /// <summary>How often it was asked that everything be told again; each lease compares it with what it has done.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Something could not be told, or may be lost: everything is told again.</summary>
    public void TellLater() => Interlocked.Increment(ref _asked);

    /// <summary>Reports what could not be told or taken away, once per episode; of a host that is away its link tells.</summary>
    public void Report(Exception error)
    {
        if ((error is not ChannelLayerUnavailableException || RedisRefusal.Is(error)) && _failures.Begins())
        {
            Guarded.Run(() => Log.Failed(_layer.Parts.Logger, error, _layer.Parts.Alias)); // a logger that throws must not end a lease
        }
    }

    /// <summary>Begins to look after a host, and has a lease on the host before anything is told to it: others must not find a process without one.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away.</exception>
    public Task BeginAsync(RedisLink link, CancellationToken cancellationToken) => LeaseOn(link).BeginAsync(cancellationToken);

    /// <summary>Notes where this process has a connection, or no longer.</summary>
    public static async Task NoteAsync(RedisLink link, string index, PresencePlace place, string key, bool there, CancellationToken cancellationToken) => await link.RunAsync(
        static (database, call) => call.there ? database.SetAddAsync(call.index, call.entry) : database.SetRemoveAsync(call.index, call.entry),
        (index: (RedisKey)index, entry: (RedisValue)$"{place.Group}\n{place.Connection}\n{key}", there), bytes: 200, cancellationToken);

    /// <summary>Nothing is told again from here on, nor renewed.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(All.Select(lease => lease.Running));
    }

    /// <summary>Gives the leases up. After <see cref="StopAsync"/>, and after everybody of this process has left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_presence.IsEmpty) // else the leases end by themselves, so that what could not be told to have left is taken away
        {
            await Task.WhenAll(All.Select(lease => lease.EndAsync()));
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

    private static partial class Log
    {
        [LoggerMessage(5050, LogLevel.Warning, "Layer '{Alias}': who is present could not be told to Redis, or be taken away there for a process that has ended. It is tried again; further failures are silent until a minute passes without one.")]
        public static partial void Failed(ILogger logger, Exception error, string alias);
    }
}
