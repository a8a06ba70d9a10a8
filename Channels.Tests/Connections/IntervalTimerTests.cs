using Channels.Tests.Support;

namespace Channels.Tests.Connections;

/// <summary>The timer of the system's clock; those of other clocks are theirs.</summary>
public sealed class IntervalTimerTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource<Thread> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    [Test]
    public async Task A_pool_that_rests_is_left_asleep()
    {
        var timer = new IntervalTimer(TimeProvider.System, Interval, CallOutsideThePool);
        timer.Start();
        var thread = await _first.Task.WaitAsync(Eventually.Patience); // the pool of a test run rests only now and then
        timer.Stop();
        Assert.That((thread.IsThreadPoolThread, thread.IsBackground), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Off_for_a_while_it_holds_no_thread_and_it_can_be_switched_on_again()
    {
        var timer = new IntervalTimer(TimeProvider.System, 10 * Interval, CallOutsideThePool); // it ends after so many turns, each of which a busy machine makes longer
        timer.Start();
        timer.Stop();
        timer.Start();
        var thread = await _first.Task.WaitAsync(Eventually.Patience);
        timer.Stop();
        Assert.That(thread.Join(Eventually.Patience));

        var before = Volatile.Read(ref _calls);
        timer.Start();
        await Eventually.Is(() => Volatile.Read(ref _calls) > before + 1);
        timer.Stop();
    }

    [Test]
    public async Task Nothing_of_whoever_has_started_it_comes_along()
    {
        var mine = new AsyncLocal<string>();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var timer = new IntervalTimer(TimeProvider.System, Interval, () => seen.TrySetResult(mine.Value));
        mine.Value = "a request's";
        timer.Start();
        Assert.That(await seen.Task.WaitAsync(Eventually.Patience), Is.Null);
        timer.Stop();
    }

    private void CallOutsideThePool()
    {
        Interlocked.Increment(ref _calls);
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            _first.TrySetResult(Thread.CurrentThread);
        }
    }
}
