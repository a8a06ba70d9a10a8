using Channels.Tests.Support;

namespace Channels.Tests.Layers;

public sealed class WaiterQueueTests
{
    [Test]
    public void Whoever_waits_or_begins_to_wait_when_nothing_comes_any_more_is_told()
    {
        var queue = new WaiterQueue<int>(new Lock());
        var before = queue.WaitAsync(queue.Add(), CancellationToken.None);
        queue.Fail(new ObjectDisposedException("it"));
        Assert.That(async () => await before.WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(async () => await queue.WaitAsync(queue.Add(), CancellationToken.None).WaitAsync(Eventually.Patience), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(queue.Count, Is.Zero);
        Assert.That(queue.TryGive(1), Is.False);
    }
}
