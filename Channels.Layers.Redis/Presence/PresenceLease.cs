using System.Threading.Channels;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The lease of this process on one host, and the end of other processes' leases there. It is renewed by a task of its own, which waits
/// for nothing but the answer: however much is to be told again or taken away, others find this process alive. Another task works off
/// what the answers say.
/// </summary>
internal sealed class PresenceLease
{
    private const int AtOnce = 200;

    // Together with the period, a process that was killed is noticed within 12 s.
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);
    private readonly IHistoryLayer _layer;
    private readonly RedisPresence _presence;
    private readonly PresenceLeases _all;
    private readonly RedisLink _link;
    private readonly CancellationToken _stop;
    private readonly Channel<(bool? IsKnown, string[] Dead)> _answers = Channel.CreateUnbounded<(bool? IsKnown, string[] Dead)>(new() { SingleReader = true });
    private Task _first;

    public PresenceLease(IHistoryLayer layer, RedisPresence presence, PresenceLeases all, RedisLink link, CancellationToken stop)
    {
        (_layer, _presence, _all, _link, _stop) = (layer, presence, all, link, stop);
        _first = SayAliveAsync(isFirst: true);
        Running = Task.WhenAll(Task.Run(RenewAsync, CancellationToken.None), Task.Run(WorkOffAsync, CancellationToken.None));
    }

    /// <summary>Completes when nothing is renewed and worked off any more, after a stop.</summary>
    public Task Running { get; }

    private RedisKey LeasesKey => $"{_layer.Parts.Names.Prefix}:presence:{{processes}}:leases";

    private RedisKey DyingKey => $"{_layer.Parts.Names.Prefix}:presence:{{processes}}:dying";

    /// <summary>Waits until the lease is there: others must not find a process without one.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        var first = Volatile.Read(ref _first);
        try
        {
            await first.WaitAsync(cancellationToken);
        }
        catch (ChannelLayerUnavailableException)
        {
            _ = Interlocked.CompareExchange(ref _first, SayAliveAsync(isFirst: true), first); // the next to come waits for a newer one
            throw;
        }
    }

    /// <summary>Gives the lease up, or lets it end by itself if that fails.</summary>
    public Task EndAsync() => TryAsync(() => _link.RunAsync(
        static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)_layer.Parts.ProcessId), bytes: 100, CancellationToken.None).AsTask());

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(Period, _layer.Parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop))
            {
                if (await TryAsync(() => SayAliveAsync(isFirst: false)))
                {
                    Volatile.Write(ref _first, Task.CompletedTask); // it is there, whatever became of the first word
                }
                else
                {
                    _all.TellLater();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    // The first word is that of a process that nobody knows yet: what it has is being told, and told beside itself it would be news twice.
    private async Task SayAliveAsync(bool isFirst)
    {
        var answer = (RedisResult[])(await PresenceScripts.Live.RunAsync(
            _link, [LeasesKey, DyingKey], [_layer.Parts.ProcessId, (long)Length.TotalMilliseconds], bytes: 100, _stop))!; // always a list
        _answers.Writer.TryWrite((isFirst ? null : (int)answer[0] == 1, (string[])answer[1]!));
    }

    private async Task WorkOffAsync()
    {
        var told = 0;
        try
        {
            await foreach (var (isKnown, dead) in _answers.Reader.ReadAllAsync(_stop))
            {
                var asked = _all.Asked;
                if (isKnown is { } known && (told != asked || !known))
                {
                    told = known ? asked : asked - 1; // once more: whoever took this process for dead may still be taking it away
                    await TryAsync(TellAgainAsync);
                }

                foreach (var process in dead)
                {
                    await TryAsync(() => BuryAsync(process));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task TellAgainAsync()
    {
        foreach (var places in _presence.PlacesOn(_link).Chunk(AtOnce))
        {
            var told = await Task.WhenAll(places.Select(place => TryAsync(() => _presence.TellAsync(place, _stop))));
            if (!told.Contains(true))
            {
                return; // the host is away, or takes nothing
            }
        }
    }

    private async Task BuryAsync(string process)
    {
        RedisKey index = _presence.IndexOf(process);
        while (await IsDeadAsync(process))
        {
            var entries = await _link.RunAsync(static (database, key) => database.SetRandomMembersAsync(key, AtOnce), index, bytes: 100, _stop);
            if (entries.Length == 0)
            {
                await _link.RunAsync(static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: DyingKey, Process: (RedisValue)process), bytes: 100, _stop);
                return;
            }

            var taken = await Task.WhenAll(entries.Select(entry => TryAsync(() => TakeAwayAsync(index, entry))));
            if (!taken.Contains(true))
            {
                return; // what is left is for who finds it next: the process is still marked as one that is taken away
            }
        }
    }

    private async Task TakeAwayAsync(RedisKey index, RedisValue entry)
    {
        if (entry.ToString().Split('\n', 3) is [var group, var connection, var key])
        {
            await _presence.LeaveAsync(new(group, connection), key, _stop);
        }

        await _link.RunAsync(static (database, call) => database.SetRemoveAsync(call.index, call.entry), (index, entry), bytes: 200, _stop); // as it stands there, whatever it is
    }

    private async Task<bool> IsDeadAsync(string process) => await _link.RunAsync(
        static (database, call) => database.SortedSetScoreAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)process), bytes: 100, _stop) is null;

    // Whatever fails is reported, and must neither end a task nor keep what is beside it from being done.
    private async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception error)
        {
            if (!_stop.IsCancellationRequested)
            {
                _all.Report(error);
            }

            return false;
        }
    }
}
