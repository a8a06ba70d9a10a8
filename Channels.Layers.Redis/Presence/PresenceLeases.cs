using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The lease of this process on each host that it uses for presence, and the end of other processes' leases. Nothing runs before
/// presence is used.
/// </summary>
internal sealed class PresenceLeases : IAsyncDisposable
{
    private const int AtOnce = 200;

    // Together with the period, a process that was killed is noticed within 12 s.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);
    private readonly IHistoryLayer _layer;
    private readonly RedisPresence _presence;
    private readonly ConcurrentDictionary<RedisLink, Task> _hosts = new(); // with the first word to each
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _tellLater;
    private Task? _running;

    public PresenceLeases(IHistoryLayer layer, RedisPresence presence)
    {
        (_layer, _presence) = (layer, presence);
        layer.Parts.OnBack(() => _tellLater |= !presence.IsEmpty); // the first connection finds nothing to be told again
    }

    private RedisKey LeasesKey => $"{_layer.Parts.Names.Prefix}:presence:{{processes}}:leases";

    private RedisKey DyingKey => $"{_layer.Parts.Names.Prefix}:presence:{{processes}}:dying";

    /// <summary>Something could not be told.</summary>
    public void TellLater() => _tellLater = true;

    /// <summary>Begins to look after a host, and has a lease on the host before anything is told to it: others must not find a process without one.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away.</exception>
    public async Task BeginAsync(RedisLink link, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _running ??= _stop.IsCancellationRequested ? Task.CompletedTask : Task.Run(RunAsync, CancellationToken.None);
        }

        var first = _hosts.GetOrAdd(link, LiveAsync);
        try
        {
            await first.WaitAsync(cancellationToken);
        }
        catch (ChannelLayerUnavailableException)
        {
            _hosts.TryUpdate(link, LiveAsync(link), first); // the next to come waits for a newer one
            throw;
        }
    }

    /// <summary>Notes where a process has connections, or no longer.</summary>
    public static async Task NoteAsync(RedisLink link, string index, PresencePlace place, string key, bool there, CancellationToken cancellationToken) => await link.RunAsync(
        static (database, call) => call.there ? database.SetAddAsync(call.index, call.entry) : database.SetRemoveAsync(call.index, call.entry),
        (index: (RedisKey)index, entry: (RedisValue)$"{place.Group}\n{place.Connection}\n{key}", there), bytes: 200, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task? running;
        lock (_lock)
        {
            running = _running;
        }

        await (running ?? Task.CompletedTask);
        foreach (var link in _hosts.Keys)
        {
            try
            {
                await link.RunAsync(
                    static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)_layer.Parts.ProcessId), bytes: 100, CancellationToken.None);
            }
            catch (ChannelLayerUnavailableException)
            {
                // The lease ends by itself.
            }
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period, _layer.Parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var retell = _tellLater;
                _tellLater = false;
                foreach (var link in _hosts.Keys)
                {
                    await LookAfterAsync(link, retell);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task LookAfterAsync(RedisLink link, bool retell)
    {
        try
        {
            var (known, dead) = await SayAliveAsync(link);
            _tellLater |= !known; // once more: whoever took this process for dead may still be taking it away
            foreach (var places in _presence.PlacesOn(link).Where(_ => retell || !known).Chunk(AtOnce))
            {
                await Task.WhenAll(places.Select(place => _presence.TellAsync(place, _stop.Token)));
            }

            foreach (var process in dead)
            {
                await BuryAsync(link, process);
            }
        }
        catch (ChannelLayerUnavailableException)
        {
            _tellLater = true;
        }
    }

    private Task LiveAsync(RedisLink link) => SayAliveAsync(link);

    private async Task<(bool Known, string[] Dead)> SayAliveAsync(RedisLink link)
    {
        var answer = (RedisResult[])(await PresenceScripts.Live.RunAsync(
            link, [LeasesKey, DyingKey], [_layer.Parts.ProcessId, (long)Lease.TotalMilliseconds], bytes: 100, _stop.Token))!; // always a list
        return ((int)answer[0] == 1, (string[])answer[1]!);
    }

    private async Task BuryAsync(RedisLink link, string process)
    {
        RedisKey index = _presence.IndexOf(process);
        while (await IsDeadAsync(link, process) && await link.RunAsync(static (database, key) => database.SetRandomMembersAsync(key, AtOnce), index, bytes: 100, _stop.Token) is { Length: > 0 } entries)
        {
            await Task.WhenAll(entries.Select(entry => entry.ToString().Split('\n', 3) is [var group, var connection, var key]
                ? _presence.UntrackAsync(process, new(group, connection), key, _stop.Token)
                : link.RunAsync(static (database, call) => database.SetRemoveAsync(call.index, call.entry), (index, entry), bytes: 100, _stop.Token).AsTask()));
        }

        await link.RunAsync(static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: DyingKey, Process: (RedisValue)process), bytes: 100, _stop.Token);
    }

    private async Task<bool> IsDeadAsync(RedisLink link, string process) => await link.RunAsync(
        static (database, call) => database.SortedSetScoreAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)process), bytes: 100, _stop.Token) is null;
}
