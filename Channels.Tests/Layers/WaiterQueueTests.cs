namespace Channels.Tests.Layers;

public sealed class WaiterQueueTests
{
    [Test]
    public void Whoever_waits_or_begins_to_wait_when_nothing_comes_any_more_is_told()
    {
        var gate = new Lock();
        var queue = new WaiterQueue<int>(gate);
        var before = queue.WaitAsync(queue.Add(), CancellationToken.None);
        queue.Fail(new ObjectDisposedException("it"));
        Assert.That(async () => await before, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(async () => await queue.WaitAsync(queue.Add(), CancellationToken.None), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(queue.Count, Is.Zero);
        Assert.That(queue.TryGive(1), Is.False);
    }
}
