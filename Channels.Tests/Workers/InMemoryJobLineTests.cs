namespace Channels.Tests.Workers;

/// <summary>Jobs that wait for their time in memory, where the machine is too busy to call the timer when it should.</summary>
public sealed class InMemoryJobLineTests
{
    [TestCase(0.5)]
    [TestCase(1.5)] // a millisecond less than nothing would be "never" to a timer
    [TestCase(7_000)]
    public void A_job_whose_timer_is_late_starts_although_another_is_scheduled_meanwhile(double late)
    {
        var time = new LateTimeProvider();
        using var line = new InMemoryJobLine("jobs", new JobQueueOptions(), time);
        line.Schedule(WorkerHarness.Job(1), TimeSpan.FromSeconds(1), "one");
        time.Now += TimeSpan.FromSeconds(1) + TimeSpan.FromMilliseconds(late);
        line.Schedule(WorkerHarness.Job(2), TimeSpan.FromHours(1), "two");
        time.Fire();

        Assert.That(line.Waiting.TryRead(out var job), Is.True);
        Assert.That(job!.TryTake(new JobQueueOptions(), time)!.Message.Number(), Is.EqualTo(1));
        Assert.That((line.Waiting.TryRead(out _), line.Delayed), Is.EqualTo((false, 1L)), "the other one waits for its own time");
    }

    /// <summary>A clock whose timer fires when it is told to, however late, if it is set at all; with the rules of the system's.</summary>
    private sealed class LateTimeProvider : TimeProvider
    {
        private LateTimer? _first;

        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new LateTimer(callback, state);
            _first ??= timer; // the line's; the jobs' own come later
            timer.Change(dueTime, period);
            return timer;
        }

        public void Fire() => _first!.Fire(); // made by the first job that waits

        private sealed class LateTimer(TimerCallback callback, object? state) : ITimer
        {
            private bool _isSet;

            public void Fire()
            {
                if (_isSet)
                {
                    callback(state);
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var wait = (long)dueTime.TotalMilliseconds;
                ArgumentOutOfRangeException.ThrowIfLessThan(wait, Timeout.Infinite);
                _isSet = wait != Timeout.Infinite;
                return true;
            }

            public void Dispose() => _isSet = false;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
