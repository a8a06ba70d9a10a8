namespace Channels.Extending;

/// <summary>
/// Calls back once per interval while it is on. On the system's clock it has a thread of its own, and calls there as long
/// as the thread pool has nothing to do, else through the pool, one call at a time. Other clocks bring timers of their own.
/// Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A pool's worker that has done its work goes on looking for more for some tenths of a millisecond before it sleeps. For
/// one call a second into a pool that rests, that costs more than the deadlines of thousands of connections.
/// </para>
/// <para>
/// A pool that is behind must make these calls late as well: they judge peers by what has been read of them, and somebody
/// of the pool must have had the time to read it. Where nothing waits for the pool, nothing waits to be read.
/// </para>
/// </remarks>
internal sealed class IntervalTimer : IThreadPoolWorkItem
{
    // Switched off and on again as the last connection goes and the next one comes, it need not begin a new thread.
    private static readonly TimeSpan MostIdle = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly TimeSpan _interval;
    private readonly Action _call;
    private readonly ITimer? _timer; // of a clock other than the system's
    private Thread? _thread;
    private volatile bool _isOn;
    private volatile bool _isQueued;

    /// <param name="time">The clock.</param>
    /// <param name="interval">From call to call, and at most to the first one.</param>
    /// <param name="call">What is called; must not block or throw.</param>
    public IntervalTimer(TimeProvider time, TimeSpan interval, Action call)
    {
        (_interval, _call) = (interval, call);
        if (time != TimeProvider.System)
        {
            _timer = time.CreateTimer(static timer => ((IntervalTimer)timer!)._call(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Calls from now on.</summary>
    public void Start()
    {
        if (_timer is not null)
        {
            _timer.Change(_interval, _interval);
            return;
        }

        _isOn = true; // before the look at the thread, which looks the other way around when it ends
        lock (_gate)
        {
            if (_thread is null)
            {
                var thread = new Thread(Run) { IsBackground = true, Name = "Channels timer" };
                thread.UnsafeStart(); // an application's context is not ours
                _thread = thread;
            }
        }
    }

    /// <summary>Calls no more; a call that is under way may still come to its end.</summary>
    public void Stop()
    {
        _isOn = false;
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    void IThreadPoolWorkItem.Execute()
    {
        Call();
        _isQueued = false;
    }

    private void Run()
    {
        var idle = TimeSpan.Zero;
        while (idle < MostIdle || !TryEnd())
        {
            Thread.Sleep(_interval);
            if (!_isOn)
            {
                idle += _interval;
                continue;
            }

            idle = TimeSpan.Zero;
            if (_isQueued)
            {
                continue; // the pool has not come to the call before
            }

            if (ThreadPool.PendingWorkItemCount == 0)
            {
                Call();
            }
            else
            {
                _isQueued = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }

    private void Call()
    {
        if (_isOn)
        {
            _call();
        }
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_isOn)
            {
                return false;
            }

            _thread = null;
            return true;
        }
    }
}
