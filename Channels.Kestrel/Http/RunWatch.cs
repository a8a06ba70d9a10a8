using System.Threading.Tasks.Sources;

namespace Channels.Kestrel;

/// <summary>
/// Waits for an application, but not for ever: until it ends, until its request's time is up, or until some time after
/// its client went away. One object per application that did not finish at once.
/// </summary>
internal sealed class RunWatch : IValueTaskSource<RunEnd>
{
    /// <summary>How long an application may run on whose response to HEAD has ended: the client may have sent its next request.</summary>
    public static readonly TimeSpan HeadPatience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly TimeSpan _closeTimeout;
    private readonly HttpExchange _exchange;
    private readonly RequestLimit? _limit;
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<RunEnd> _source;
    private ITimer? _timer;
    private bool _ended;

    private RunWatch(TimeProvider time, TimeSpan closeTimeout, HttpExchange exchange, RequestLimit? limit) =>
        (_time, _closeTimeout, _exchange, _limit) = (time, closeTimeout, exchange, limit);

    /// <summary>Waits.</summary>
    /// <param name="run">The application.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closeTimeout">How long it may run on after <paramref name="aborted"/> fired; zero for no limit. Behind a response to HEAD that has ended it is <see cref="HeadPatience"/>.</param>
    /// <param name="exchange">Its request and response.</param>
    /// <param name="limit">The limit that may make the token fire; null for none.</param>
    /// <param name="aborted">Fires when the client goes away or the time is up.</param>
    public static async ValueTask<RunEnd> WaitAsync(Task run, TimeProvider time, TimeSpan closeTimeout, HttpExchange exchange, RequestLimit? limit, CancellationToken aborted)
    {
        var watch = new RunWatch(time, closeTimeout, exchange, limit);
        run.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(watch.OnEnded);
        await using var registration = aborted.UnsafeRegister(static state => ((RunWatch)state!).OnAborted(), watch);
        return await new ValueTask<RunEnd>(watch, watch._source.Version);
    }

    RunEnd IValueTaskSource<RunEnd>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RunEnd>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<RunEnd>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnEnded() => End(RunEnd.Returned);

    private void OnAborted()
    {
        if (_limit is { IsReached: true })
        {
            EndLater(RunEnd.TimedOut);
            return;
        }

        var patience = _exchange.Response.EndedEarly ? HeadPatience : _closeTimeout;
        if (patience == TimeSpan.Zero)
        {
            return;
        }

        var timer = _time.CreateTimer(static state => ((RunWatch)state!).EndLater(RunEnd.Abandoned), this, patience, Timeout.InfiniteTimeSpan);
        lock (_lock)
        {
            if (!_ended)
            {
                _timer = timer;
                return;
            }
        }

        timer.Dispose();
    }

    // Not on a timer's thread: what follows writes a response or returns to Kestrel.
    private void EndLater(RunEnd end) =>
        ThreadPool.UnsafeQueueUserWorkItem(static item => item.Watch.End(item.End), (Watch: this, End: end), preferLocal: false);

    private void End(RunEnd end)
    {
        ITimer? timer;
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            (_ended, timer, _timer) = (true, _timer, null);
        }

        timer?.Dispose();
        _source.SetResult(end);
    }
}

/// <summary>How the wait for an application ended.</summary>
internal enum RunEnd
{
    /// <summary>It returned or failed.</summary>
    Returned,

    /// <summary>Its request's time is up; it still runs.</summary>
    TimedOut,

    /// <summary>It still runs although its client has been gone for long.</summary>
    Abandoned,
}
