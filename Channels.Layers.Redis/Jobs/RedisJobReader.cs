using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Takes the jobs of one channel for the workers of this process, on a connection of its own: as many as workers wait for,
/// those of dead workers first. A job for which nobody waits any more goes back.
/// </summary>
internal sealed partial class RedisJobReader : IAsyncDisposable
{
    private readonly string _channel;
    private readonly RedisJobQueue _queue;
    private readonly RedisJobHosts _hosts;
    private readonly RedisLink _link;
    private readonly RedisKey _wake;
    private readonly RedisKey[] _keys;
    private readonly RedisRefusal _refusal;
    private readonly RedisDueJobs _due;
    private readonly Lock _lock = new();
    private readonly WaiterQueue<TakenJob> _waiting;
    private TaskCompletionSource _someoneWaits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RedisJobReader(string channel, RedisJobQueue queue, RedisJobHosts hosts)
    {
        (_channel, _queue, _hosts, _waiting) = (channel, queue, hosts, new(_lock));
        _wake = hosts.JobWakeKey(channel, queue.Consumer);
        _keys = [.. hosts.JobKeys(channel), _wake];
        _due = new(queue, channel, hosts.Settings.Time);
        _refusal = new(hosts.Settings, hosts.AddressOf(channel).Display);
        _link = new(hosts.Settings, hosts.AddressOf(channel), RedisLinkRole.Pops, ReadAsync, RedisJobHosts.ThrowIfUnusable);
    }

    // Short enough that the jobs of dead workers are looked for in time.
    private TimeSpan BlockTime => TimeSpan.FromTicks(Math.Min(RedisLinkSettings.BlockTime.Ticks, _queue.Options.VisibilityTime.Ticks / 2));

    public async ValueTask<TakenJob> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _link.StartAsync().WaitAsync(cancellationToken);
        _link.ThrowIfRefused();
        WaiterQueue<TakenJob>.Waiter waiter;
        lock (_lock)
        {
            waiter = _waiting.Add();
            _someoneWaits.TrySetResult();
        }

        return await _waiting.WaitAsync(waiter, cancellationToken);
    }

    /// <summary>How many wait for a job.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>How many jobs of the channel wait for their time.</summary>
    internal long Delayed => _due.Count;

    public async ValueTask DisposeAsync()
    {
        await _due.DisposeAsync();
        await _link.DisposeAsync();
        lock (_lock)
        {
            _waiting.Fail(new ObjectDisposedException(nameof(IJobQueue)));
        }
    }

    private async Task ReadAsync(ClientConnection connection, CancellationToken stop)
    {
        var hasGroup = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!hasGroup)
                {
                    await EnsureGroupAsync();
                    hasGroup = true;
                }

                var wanted = await WaitForDemandAsync(stop);
                wanted -= await ClaimAsync(wanted);
                if (wanted > 0)
                {
                    await ReadNewAsync(connection, wanted, stop);
                }
            }
            catch (Exception error) when (hasGroup && SaysNoGroup(error))
            {
                hasGroup = false; // the server has lost its data
            }
            catch (Exception error) when (error is ChannelLayerUnavailableException or RedisServerException && RedisRefusal.Is(error))
            {
                hasGroup = false; // whatever it was: to look again costs nothing, and to trust in vain would end all work
                await _refusal.WaitAsync(error, stop);
            }
        }
    }

    // Of a command of ours or within a script, whose errors older servers put other words in front of.
    private static bool SaysNoGroup(Exception error) =>
        (error as RedisServerException ?? error.InnerException as RedisServerException)?.Message.Contains("NOGROUP", StringComparison.Ordinal) == true;

    private async ValueTask EnsureGroupAsync() => await RunAsync(JobScripts.Ensure, [JobScripts.Group]);

    private ValueTask<RedisResult> RunAsync(RedisScript script, RedisValue[] arguments) =>
        script.RunAsync(_hosts.LinkOf(_channel), _keys, arguments, 0, CancellationToken.None);

    private async Task<int> WaitForDemandAsync(CancellationToken stop)
    {
        while (true)
        {
            Task someone;
            lock (_lock)
            {
                if (_waiting.Count > 0)
                {
                    return _waiting.Count;
                }

                if (_someoneWaits.Task.IsCompleted)
                {
                    _someoneWaits = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                someone = _someoneWaits.Task;
            }

            await someone.WaitAsync(stop);
        }
    }

    private async Task<int> ClaimAsync(int wanted)
    {
        var silence = (long)_queue.Options.VisibilityTime.TotalMilliseconds;
        var answer = await RunAsync(JobScripts.Claim, [JobScripts.Group, _queue.Consumer, silence, wanted]);
        var parts = (RedisResult[])answer!; // wait, number of delayed jobs, jobs taken over
        _due.Note((long)parts[0], (long)parts[1]);
        var jobs = (RedisResult[])parts[2]!;
        foreach (var job in jobs)
        {
            var fields = (RedisValue[])job!; // of four values each
            Log.Claimed(_hosts.Settings.Logger, _hosts.Settings.Alias, _channel, (int)fields[3]);
            await DeliverAsync((string)fields[0]!, fields[1], fields[2], (int)fields[3]); // an entry has an id
        }

        return jobs.Length;
    }

    // What was read belongs to this process, so the answer is never given up; the connection is, when it does not come.
    private async Task ReadNewAsync(ClientConnection connection, int wanted, CancellationToken stop)
    {
        var reading = connection.Database.ExecuteAsync(
            "XREADGROUP", "GROUP", JobScripts.Group, _queue.Consumer, "COUNT", wanted, "BLOCK", (long)BlockTime.TotalMilliseconds, "STREAMS", _keys[0], _wake, ">", ">");
        await ((Task)reading).WaitAsync(_hosts.Settings.PopDeadline, _hosts.Settings.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCancellationRequested && !reading.IsCompleted && !connection.Lost.IsCompleted)
        {
            await JobScripts.Wake.RunAsync(_hosts.LinkOf(_channel), [_wake], [], 0, CancellationToken.None);
        }

        var answer = await reading.WaitAsync(_hosts.Settings.Options.CommandTimeout, _hosts.Settings.Time, CancellationToken.None);
        foreach (var entry in EntriesOf(answer, _keys[0]))
        {
            var parts = (RedisResult[])entry!; // id, fields
            var fields = (RedisValue[])parts[1]!;
            await DeliverAsync((string)parts[0]!, fields.ElementAtOrDefault(1), fields.ElementAtOrDefault(3), deliveries: 1);
        }
    }

    // RESP2 answers a list of pairs, RESP3 a map, which is given as a list of names and what belongs to them in turn.
    private static RedisResult[] EntriesOf(RedisResult answer, RedisKey stream)
    {
        var streams = answer.IsNull ? [] : (RedisResult[])answer!;
        var flat = answer.Resp3Type == ResultType.Map ? streams : [.. streams.SelectMany(pair => (RedisResult[])pair!)];
        var place = Array.FindIndex(flat, name => name.Resp2Type != ResultType.Array && (RedisKey)(string?)name == stream);
        return place < 0 ? [] : (RedisResult[])flat[place + 1]!;
    }

    private async Task DeliverAsync(string id, RedisValue body, RedisValue former, int deliveries)
    {
        _ = int.TryParse((string?)former, NumberStyles.None, CultureInfo.InvariantCulture, out var attempts);
        var bytes = (byte[]?)body ?? [];
        if (bytes.Length == 0)
        {
            await RunAsync(JobScripts.Complete, [JobScripts.Group, id, 0]); // a job came that is due earlier than the others: the next turn looks
            return;
        }

        if (!_hosts.Codec.TryDecode(bytes, out var message, out _, out var problem))
        {
            Log.Unreadable(_hosts.Settings.Logger, _hosts.Settings.Alias, _channel, problem);
            await _queue.RunAsync(JobScripts.Complete, _channel, [JobScripts.Group, id, bytes.Length], CancellationToken.None);
            return;
        }

        var job = new RedisTakenJob(_queue, _channel, id, bytes, attempts, message, deliveries);
        if (!TryHandOver(job))
        {
            await job.ReleaseAsync(countAttempt: false, CancellationToken.None);
        }
    }

    private bool TryHandOver(TakenJob job)
    {
        lock (_lock)
        {
            return _waiting.TryGive(job);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5041, LogLevel.Warning, "Layer '{Alias}': a job of channel '{Channel}' whose worker is gone is handed out for the {Deliveries}. time.")]
        public static partial void Claimed(ILogger logger, string alias, string channel, int deliveries);

        [LoggerMessage(5042, LogLevel.Error, "Layer '{Alias}': a job of channel '{Channel}' cannot be read and is dropped: {Problem}.")]
        public static partial void Unreadable(ILogger logger, string alias, string channel, string problem);
    }
}
