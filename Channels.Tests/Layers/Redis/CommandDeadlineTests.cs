using Channels.Layers.Redis;
using Channels.Testing;

namespace Channels.Tests.Layers.Redis;

/// <summary>How long commands wait for their answers at most, without a timer for each.</summary>
public sealed class CommandDeadlineTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(16);

    [Test]
    public void Commands_of_one_slice_share_a_deadline_and_nobody_waits_longer_than_the_time_out()
    {
        var time = new ManualTimeProvider();
        var deadline = new CommandDeadline(Timeout, time);
        var first = deadline.Next();
        time.Advance(TimeSpan.FromSeconds(0.9));
        var second = deadline.Next();
        time.Advance(TimeSpan.FromSeconds(0.1));
        var third = deadline.Next();

        Assert.That(second, Is.EqualTo(first));
        Assert.That(third, Is.Not.EqualTo(first));
        time.Advance(Timeout - TimeSpan.FromSeconds(1.5));
        Assert.That(first.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.That(first.IsCancellationRequested, Is.True);
        Assert.That(third.IsCancellationRequested, Is.False);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(third.IsCancellationRequested, Is.True);
    }
}
