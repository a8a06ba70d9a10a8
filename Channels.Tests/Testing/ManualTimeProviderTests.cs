using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

public sealed class ManualTimeProviderTests
{
    [Test]
    public void The_clock_stands_still_until_it_is_moved()
    {
        var start = new DateTimeOffset(2030, 5, 6, 7, 8, 9, TimeSpan.Zero);
        var time = new ManualTimeProvider(start);
        var stamp = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(90));
        Assert.That(time.GetUtcNow(), Is.EqualTo(start.AddSeconds(90)));
        Assert.That(time.GetElapsedTime(stamp), Is.EqualTo(TimeSpan.FromSeconds(90)));
    }

    [Test]
    public void Timers_fire_in_the_order_they_are_due_and_see_their_own_moment()
    {
        var time = new ManualTimeProvider();
        var start = time.GetUtcNow();
        var fired = new List<string>();
        void Note(object? name) => fired.Add($"{name}@{(time.GetUtcNow() - start).TotalSeconds}");
        using var late = time.CreateTimer(Note, "late", TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var often = time.CreateTimer(Note, "often", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        using var never = time.CreateTimer(Note, "never", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var gone = time.CreateTimer(Note, "gone", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        gone.Dispose();
        Assert.That(gone.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan), Is.False);

        time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(fired, Is.EqualTo(new[] { "often@1", "late@3", "often@3" }));
        Assert.That(time.ActiveTimers, Is.EqualTo(1));
    }

    [Test]
    public async Task Delays_and_token_time_outs_follow_it()
    {
        var time = new ManualTimeProvider();
        var delay = Task.Delay(TimeSpan.FromMinutes(1), time);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2), time);
        await time.WaitForTimersAsync(2);
        time.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.That(limit.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(limit.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task Disposing_of_a_timer_asynchronously_waits_for_its_callback()
    {
        var time = new ManualTimeProvider();
        var (begun, free) = (new TaskCompletionSource(), new TaskCompletionSource());
        var timer = time.CreateTimer(
            _ =>
            {
                begun.SetResult();
#pragma warning disable VSTHRD002, CA1849 // a callback that takes its time
                free.Task.Wait(Eventually.Patience);
#pragma warning restore VSTHRD002, CA1849
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
        var advancing = Task.Run(() => time.Advance(TimeSpan.FromSeconds(1)));
        await begun.Task.WaitAsync(Eventually.Patience);
        var disposing = timer.DisposeAsync().AsTask();
        Assert.That(disposing.IsCompleted, Is.False);

        free.SetResult();
        await disposing.WaitAsync(Eventually.Patience);
        await advancing;
        Assert.That(timer.DisposeAsync().IsCompletedSuccessfully, Is.True, "and again");
    }

    [Test]
    public void Negative_times_are_what_they_are_to_the_systems_timers([Values] bool system)
    {
        var time = system ? TimeProvider.System : new ManualTimeProvider();
        Assert.That(() => time.CreateTimer(_ => { }, null, TimeSpan.FromMilliseconds(-2), Timeout.InfiniteTimeSpan), Throws.InstanceOf<ArgumentOutOfRangeException>());
        using var timer = time.CreateTimer(_ => { }, null, TimeSpan.FromMilliseconds(-1.5), Timeout.InfiniteTimeSpan); // minus one in whole milliseconds: never
        Assert.That(() => timer.Change(TimeSpan.FromSeconds(-7), Timeout.InfiniteTimeSpan), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(time is ManualTimeProvider { ActiveTimers: > 0 }, Is.False);
    }
}
