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
    private readonly Channel<(bool IsKnown, string[] Dead)> _answers = Channel.CreateUnbounded<(bool IsKnown, string[] Dead)>(new() { SingleReader = true });
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

    /// <summary>Gives the lease up.</summary>
    public async Task EndAsync()
    {
        try
        {
            await _link.RunAsync(
                static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)_layer.Parts.ProcessId), bytes: 100, CancellationToken.None);
        }
        catch (ChannelLayerUnavailableException)
        {
            // It ends by itself.
        }
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(Period, _layer.Parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop))
            {
                try
                {
                    await SayAliveAsync(isFirst: false);
                }
                catch (ChannelLayerUnavailableException)
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

    // The first word is that of a process that nobody knows yet: what it has is being told.
    private async Task SayAliveAsync(bool isFirst)
    {
        var answer = (RedisResult[])(await PresenceScripts.Live.RunAsync(
            _link, [LeasesKey, DyingKey], [_layer.Parts.ProcessId, (long)Length.TotalMilliseconds], bytes: 100, _stop))!; // always a list
        _answers.Writer.TryWrite((isFirst || (int)answer[0] == 1, (string[])answer[1]!));
    }

    private async Task WorkOffAsync()
    {
        var told = 0;
        try
        {
            await foreach (var (isKnown, dead) in _answers.Reader.ReadAllAsync(_stop))
            {
                try
                {
                    var asked = _all.Asked;
                    if (told != asked || !isKnown)
                    {
                        told = isKnown ? asked : asked - 1; // once more: whoever took this process for dead may still be taking it away
                        await TellAgainAsync();
                    }

                    foreach (var process in dead)
                    {
                        await BuryAsync(process);
                    }
                }
                catch (ChannelLayerUnavailableException)
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

    private async Task TellAgainAsync()
    {
        foreach (var places in _presence.PlacesOn(_link).Chunk(AtOnce))
        {
            await Task.WhenAll(places.Select(place => _presence.TellAsync(place, _stop)));
        }
    }

    private async Task BuryAsync(string process)
    {
        RedisKey index = _presence.IndexOf(process);
        while (await IsDeadAsync(process) && await _link.RunAsync(static (database, key) => database.SetRandomMembersAsync(key, AtOnce), index, bytes: 100, _stop) is { Length: > 0 } entries)
        {
            await Task.WhenAll(entries.Select(entry => entry.ToString().Split('\n', 3) is [var group, var connection, var key]
                ? _presence.UntrackAsync(process, new(group, connection), key, _stop)
                : _link.RunAsync(static (database, call) => database.SetRemoveAsync(call.index, call.entry), (index, entry), bytes: 100, _stop).AsTask()));
        }

        await _link.RunAsync(static (database, call) => database.SortedSetRemoveAsync(call.Key, call.Process), (Key: DyingKey, Process: (RedisValue)process), bytes: 100, _stop);
    }

    private async Task<bool> IsDeadAsync(string process) => await _link.RunAsync(
        static (database, call) => database.SortedSetScoreAsync(call.Key, call.Process), (Key: LeasesKey, Process: (RedisValue)process), bytes: 100, _stop) is null;
}
