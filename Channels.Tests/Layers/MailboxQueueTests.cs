namespace Channels.Tests.Layers;

public sealed class MailboxQueueTests
{
    [Test]
    public void Entries_that_are_put_back_come_first_again_whatever_came_meanwhile()
    {
        var random = new Random(7);
        var model = new LinkedList<string>();
        var queue = default(MailboxQueue);
        for (var step = 0; step < 20_000; step++)
        {
            var name = $"m{step}";
            switch (random.Next(5))
            {
                case 0 or 1:
                    queue.Enqueue(new ChannelMessage(name), long.MaxValue);
                    model.AddLast(name);
                    break;
                case 2:
                    queue.PutInFront(new MailboxQueue.Entry(new ChannelMessage(name), long.MaxValue));
                    model.AddFirst(name);
                    break;
                case 3 or 4 when model.Count > 0:
                    Assert.That(queue.Dequeue().Message.Type, Is.EqualTo(model.First!.Value));
                    model.RemoveFirst();
                    break;
            }

            Assert.That(queue.Count, Is.EqualTo(model.Count));
        }
    }
}
