using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// What runs while a host is connected: memberships are written when they are wanted, again when data was lost, and
/// prolonged. Used by one link, so never by two connections at a time.
/// </summary>
internal sealed partial class MembershipKeeper(RedisLayerParts parts, CoreHost host, RedisRefusal refusal)
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.1);
    private readonly string _processKey = parts.Names.ProcessKey(parts.ProcessId);
    private readonly Lock _lock = new();
    private Task _round = Task.CompletedTask;
    private bool _isEnding;
    private bool _isKnown;
    private TaskCompletionSource _suspicion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _look;
    private string? _runId;
    private bool _isWritten;
    private bool _isRestoring;
    private long _refreshed;
    private int _missed;

    /// <summary>How often memberships are prolonged: often enough that none ends while its channel is open.</summary>
    private TimeSpan RefreshPeriod => parts.Options.GroupExpiry / 4;

    /// <summary>How long others take this process for alive after it was last heard of.</summary>
    private TimeSpan Lease => TimeSpan.FromSeconds(15) + 3 * parts.Options.PingInterval;

    /// <summary>
    /// Completes when it is known what the server at the other end of a new connection has of this process, or when it could not be
    /// asked. A membership is written behind it: what stood there before may be written again, and that must not bring back what
    /// another process has discarded since.
    /// </summary>
    public Task Looked => Volatile.Read(ref _look)?.Task ?? Task.CompletedTask;

    /// <summary>A connection is about to be used by everybody: <see cref="Looked"/> is pending until <see cref="RunAsync"/> has looked, or has ended.</summary>
    public void Expect() => Volatile.Write(ref _look, new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>A group message found none of this process' members, although some are wanted there: the server is asked at once whether it lost its data.</summary>
    public void Suspect()
    {
        Interlocked.Increment(ref _missed);
        Volatile.Read(ref _suspicion).TrySetResult();
    }

    /// <summary>Keeps the memberships until the token is cancelled or the connection fails.</summary>
    public async Task RunAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await WarnAboutClockAsync(cancellationToken);
            _isKnown = false;
            await RunRoundsAsync(cancellationToken);
        }
        finally
        {
            _look?.TrySetResult();
        }
    }

    /// <summary>From now on no round begins. The one under way is waited for, so that it writes nothing after what its caller then removes.</summary>
    public async Task EndAsync()
    {
        Task round;
        lock (_lock)
        {
            _isEnding = true;
            round = _round;
        }

        await round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunRoundsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await BeginRound(cancellationToken);
                await WaitAsync(cancellationToken);
            }
            catch (ChannelLayerUnavailableException e)
            {
                _look?.TrySetResult(); // who joins now is told by the server itself what is in the way
                await refusal.WaitAsync(e, cancellationToken); // what is to be written is noted; whether the connection is lost is for its watch to say
            }
        }
    }

    private Task BeginRound(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _isEnding ? Task.Delay(Timeout.Infinite, cancellationToken) : _round = KeepAsync(cancellationToken);
        }
    }

    // Another server, or the same one started again, may not have all of it.
    private async Task NoteRunAsync(CancellationToken cancellationToken)
    {
        var runId = await host.Link.RunAsync(static (database, _) => ServerRun.IdOfAsync(database), 0, 0, cancellationToken);
        _isWritten &= _runId == runId;
        _runId = runId;
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (!_isKnown)
        {
            await NoteRunAsync(cancellationToken);
            _isKnown = true;
        }

        Interlocked.Exchange(ref _suspicion, new(TaskCreationOptions.RunContinuationsAsynchronously));

        // A key that is missing was lost with all data, or others have taken this process for dead and removed its members. That is
        // noted before the key is written: whether the key was then written may remain unknown, and it must not tell that all is well.
        _isWritten &= await WriteProcessKeyAsync(When.Exists, cancellationToken);
        if (!_isWritten)
        {
            await WriteProcessKeyAsync(When.Always, cancellationToken);
            if (_refreshed != 0)
            {
                _isRestoring = true;
                Log.Forgotten(parts.Logger, parts.Alias);
            }

            host.Memberships.ForgetWritten();
            (_isWritten, _refreshed) = (true, parts.Time.GetTimestamp());
        }
        else if (parts.Time.GetElapsedTime(_refreshed) >= RefreshPeriod)
        {
            await host.ForEachAsync(MembershipState.Joined, (group, channels) => RefreshAsync(group, channels, cancellationToken));
            _refreshed = parts.Time.GetTimestamp();
        }

        _look?.TrySetResult();
        await SettleAsync(cancellationToken);
        var missed = Interlocked.Exchange(ref _missed, 0);
        if (_isRestoring && missed > 0)
        {
            parts.Drops.Forgotten(missed);
        }

        _isRestoring = false;
    }

    /// <summary>Waits until it is time to look again, or until there is a suspicion; a false one must not keep the server busy.</summary>
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(ShortestPause, parts.Time, cancellationToken);
        var suspicion = Volatile.Read(ref _suspicion).Task;
        await suspicion.WaitAsync(parts.Options.PingInterval - ShortestPause, parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Writes and removes what Redis does not know yet.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var settled = !host.Memberships.HasUnsettled;
        while (!settled)
        {
            settled = await host.ForEachAsync(MembershipState.Joining, (group, channels) =>
                SettleAsync(group, channels, MembershipState.Joining, still => host.JoinAsync(CoreScripts.Join, group, still, cancellationToken)));
            settled &= await host.ForEachAsync(MembershipState.Leaving, (group, channels) =>
                SettleAsync(group, channels, MembershipState.Leaving, still => host.RemoveAsync(group, still, cancellationToken)));
        }
    }

    private async Task<bool> SettleAsync(string group, string[] channels, MembershipState wanted, Func<string[], ValueTask> send)
    {
        var (sent, sending) = host.Memberships.Send(group, channels, wanted, send);
        await sending;
        var settled = true;
        foreach (var channel in sent)
        {
            settled &= host.Memberships.Settle(group, channel, wanted);
        }

        return settled;
    }

    private async Task<bool> RefreshAsync(string group, string[] channels, CancellationToken cancellationToken)
    {
        await host.JoinAsync(CoreScripts.Refresh, group, channels, cancellationToken);
        return true;
    }

    /// <summary>Prolongs or writes the key by which others know that this process lives; false when it was to exist and does not.</summary>
    private ValueTask<bool> WriteProcessKeyAsync(When when, CancellationToken cancellationToken) => host.Link.RunAsync(
        static (database, call) => database.StringSetAsync(call._processKey, "1", call.Lease, call.when), (_processKey, Lease, when), 0, cancellationToken);

    private async Task WarnAboutClockAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = (string[]?)await host.Link.RunAsync(static (database, command) => database.ExecuteAsync(command), "TIME", 0, cancellationToken);
            var skew = DateTimeOffset.FromUnixTimeSeconds(long.Parse(answer![0], CultureInfo.InvariantCulture)) - parts.Time.GetUtcNow(); // two numbers, when it answers
            if (skew.Duration() > LargestSkew)
            {
                Log.ClockOff(parts.Logger, parts.Alias, skew.TotalSeconds);
            }
        }
        catch (ChannelLayerUnavailableException e)
        {
            Log.ClockUnknown(parts.Logger, parts.Alias, e.Message); // only a warning is missed
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5017, LogLevel.Debug, "Layer '{Alias}': the clock of Redis could not be compared with this machine's: {Reason}")]
        public static partial void ClockUnknown(ILogger logger, string alias, string reason);

        [LoggerMessage(5011, LogLevel.Warning, "Layer '{Alias}': Redis no longer knows this process (its data was lost, or the two were apart for too long); the memberships of this process' channels are written again.")]
        public static partial void Forgotten(ILogger logger, string alias);

        [LoggerMessage(5012, LogLevel.Warning, "Layer '{Alias}': the clock of Redis is {Seconds:0.0} s ahead of this machine's; messages expire and sort by clock, keep both in step (NTP).")]
        public static partial void ClockOff(ILogger logger, string alias, double seconds);
    }
}
