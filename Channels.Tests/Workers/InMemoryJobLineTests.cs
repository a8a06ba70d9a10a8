using Channels.Testing;

namespace Channels.Tests.Workers;

/// <summary>Jobs that wait for their time in memory, where the machine is too busy to call the timer when it should.</summary>
public sealed class InMemoryJobLineTests
{
    [TestCase(0.5)]
    [TestCase(1.5)] // a millisecond less than nothing would be "never" to a timer
    [TestCase(7_000)]
    public void A_job_whose_timer_is_late_starts_although_another_is_scheduled_meanwhile(double late)
    {
        var timers = new ManualTimeProvider();
        var time = new AheadOf(timers);
        using var line = new InMemoryJobLine("jobs", new JobQueueOptions(), time);
        line.Schedule(WorkerHarness.Job(1), TimeSpan.FromSeconds(1), "one");
        time.Lead = TimeSpan.FromSeconds(1) + TimeSpan.FromMilliseconds(late);
        line.Schedule(WorkerHarness.Job(2), TimeSpan.FromHours(1), "two");
        timers.Advance(TimeSpan.Zero);

        Assert.That(line.Waiting.TryRead(out var job), Is.True);
        Assert.That(job!.TryTake(new JobQueueOptions(), time)!.Message.Number(), Is.EqualTo(1));
        Assert.That((line.Waiting.TryRead(out _), line.Delayed), Is.EqualTo((false, 1L)), "the other one waits for its own time");
    }

    /// <summary>A clock whose timers are late.</summary>
    private sealed class AheadOf(TimeProvider timers) : TimeProvider
    {
        public TimeSpan Lead { get; set; }

        public override DateTimeOffset GetUtcNow() => timers.GetUtcNow() + Lead;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            timers.CreateTimer(callback, state, dueTime, period);
    }
}
