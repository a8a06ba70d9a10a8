namespace Channels.Testing;

/// <summary>
/// A clock that stands still until the test moves it. Timers, <c>Task.Delay</c> and token time-outs made with it fire
/// during <see cref="Advance"/>, in the order in which they are due, on the thread that advances. Thread-safe.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now;
    private TimeSpan _elapsed;
    private TaskCompletionSource? _timerAdded;

    /// <summary>Makes a clock.</summary>
    /// <param name="now">What it shows at first; null for the first second of the year 2000, UTC.</param>
    public ManualTimeProvider(DateTimeOffset? now = null) => _now = now ?? new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers are waiting.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _elapsed.Ticks;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not <see cref="Timeout.InfiniteTimeSpan"/>, here or when the timer is changed.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and fires what becomes due, periodic timers once for each period.</summary>
    /// <param name="time">How far; zero fires what is due now.</param>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        TimeSpan target;
        lock (_lock)
        {
            target = _elapsed + time;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            MoveTo(target);
        }
    }

    /// <summary>Waits until at least so many timers are waiting: how a test knows that the code it drives has begun its wait.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task WaitForTimersAsync(int count = 1, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task added;
            lock (_lock)
            {
                if (_timers.Count >= count)
                {
                    return;
                }

                _timerAdded ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                added = _timerAdded.Task;
            }

            await added.WaitAsync(cancellationToken);
        }
    }

    private ManualTimer? TakeDue(TimeSpan target)
    {
        lock (_lock)
        {
            var next = _timers.MinBy(timer => timer.Due); // the first of equals: in the order of their start
            if (next is null || next.Due > target)
            {
                return null;
            }

            MoveTo(next.Due);
            if (next.Period > TimeSpan.Zero)
            {
                next.Due += next.Period;
            }
            else
            {
                _timers.Remove(next);
            }

            next.Running++;
            return next;
        }
    }

    private void MoveTo(TimeSpan elapsed)
    {
        if (elapsed > _elapsed)
        {
            _now += elapsed - _elapsed;
            _elapsed = elapsed;
        }
    }

    private bool Schedule(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        // As the system's timers have it: in whole milliseconds minus one is never, and less is a mistake of the caller's.
        var wait = (long)dueTime.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, Timeout.Infinite, nameof(dueTime));
        TaskCompletionSource? added = null;
        lock (_lock)
        {
            if (timer.Disposed)
            {
                return false;
            }

            _timers.Remove(timer);
            if (wait != Timeout.Infinite)
            {
                (timer.Due, timer.Period) = (_elapsed + dueTime, period);
                _timers.Add(timer);
                (added, _timerAdded) = (_timerAdded, null);
            }
        }

        added?.TrySetResult();
        return true;
    }

    private void Remove(ManualTimer timer)
    {
        lock (_lock)
        {
            timer.Disposed = true;
            _timers.Remove(timer);
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TaskCompletionSource? _ended;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; set; }

        public bool Disposed { get; set; }

        /// <summary>How often it is being called, or about to be.</summary>
        public int Running { get; set; }

        public void Fire()
        {
            try
            {
                callback(state);
            }
            finally
            {
                TaskCompletionSource? ended;
                lock (owner._lock)
                {
                    ended = --Running == 0 ? _ended : null;
                }

                ended?.TrySetResult();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => owner.Schedule(this, dueTime, period);

        public void Dispose() => owner.Remove(this);

        // As the system's timers have it: when it is done, the callback is over, and what it uses may go.
        public ValueTask DisposeAsync()
        {
            Dispose();
            lock (owner._lock)
            {
                return Running == 0 ? ValueTask.CompletedTask : new((_ended ??= new()).Task);
            }
        }
    }
}
