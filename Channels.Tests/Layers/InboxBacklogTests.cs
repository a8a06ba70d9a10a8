namespace Channels.Tests.Layers;

public sealed class InboxBacklogTests
{
    [Test]
    public void Entries_that_are_put_back_come_first_again_whatever_came_meanwhile()
    {
        var random = new Random(7);
        var model = new LinkedList<string>();
        var backlog = default(InboxBacklog);
        for (var step = 0; step < 20_000; step++)
        {
            var name = $"m{step}";
            switch (random.Next(5))
            {
                case 0 or 1:
                    backlog.Enqueue(new ChannelMessage(name), long.MaxValue);
                    model.AddLast(name);
                    break;
                case 2:
                    backlog.PutInFront(new InboxBacklog.Entry(new ChannelMessage(name), long.MaxValue));
                    model.AddFirst(name);
                    break;
                case 3 or 4 when model.Count > 0:
                    Assert.That(backlog.Dequeue().Message.Type, Is.EqualTo(model.First!.Value));
                    model.RemoveFirst();
                    break;
            }

            Assert.That(backlog.Count, Is.EqualTo(model.Count));
        }
    }

    [Test]
    public async Task Forwards_are_taken_up_to_the_first_message_that_is_none_and_expired_ones_are_dropped()
    {
        var (clock, expired) = (new Channels.Testing.ManualTimeProvider(), 0);
        await using var inbox = new ChannelInbox("a", new() { Time = clock, OnExpired = () => expired++ });
        inbox.TryPost(Forward("old"), clock.GetTimestamp() + 1);
        inbox.TryPost(Forward("1"));
        inbox.TryPost(Forward("2"));
        inbox.TryPost(new ChannelMessage("handled"));
        inbox.TryPost(Forward("3"));
        clock.Advance(TimeSpan.FromSeconds(1));

        var taken = new InboxBacklog.Entry[8];
        var count = inbox.TakeForwards(inbox.Now, taken, out var isEmpty);
        Assert.That((count, isEmpty, expired), Is.EqualTo((2, false, 1)));
        inbox.PutBack(taken.AsSpan(1, 1));
        var left = new List<string>();
        while (inbox.TryTake(out var message))
        {
            left.Add(message.Forwarded is { } send ? System.Text.Encoding.UTF8.GetString(send.Payload.Span) : message.Type);
        }

        Assert.That(left, Is.EqualTo(new[] { "2", "handled", "3" }));
    }

    private static ChannelMessage Forward(string text) => ChannelMessage.Forward(WebSocketSend.FromText(text));
}
