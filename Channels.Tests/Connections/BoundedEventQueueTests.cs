using Channels.Tests.Support;

namespace Channels.Tests.Connections;

/// <summary>The queue between a connection and its application, as somebody uses it who has no socket.</summary>
public sealed class BoundedEventQueueTests
{
    private static readonly WebSocketDisconnect Gone = new(1006);

    [Test]
    public async Task Events_come_in_order_first_and_last_included()
    {
        var queue = new PollQueue(10, 0);
        queue.Add(Text("a"), 1);
        queue.Add(Text("b"), 1);
        queue.End(Gone, discard: false);
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(WebSocketConnect.Instance));
        Assert.That(await queue.ReceiveAsync(default), Is.EqualTo(Text("a")).Using<WebSocketReceive>((x, y) => x.GetText() == y.GetText()));
        Assert.That(((WebSocketReceive)await queue.ReceiveAsync(default)).GetText(), Is.EqualTo("b"));
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(Gone));
        Assert.That(queue.Taken, Has.Count.EqualTo(4));
        Assert.ThrowsAsync<IllegalEventException>(async () => await queue.ReceiveAsync(default));
    }

    [TestCase(2, 0)]
    [TestCase(10, 200)]
    public async Task A_full_queue_says_so_and_has_room_again_at_half(int maxCount, int maxBytes)
    {
        var queue = new PollQueue(maxCount, maxBytes);
        await queue.ReceiveAsync(default);
        Assert.That(queue.Add(Text("a"), 100), Is.False);
        Assert.That(queue.Add(Text("b"), 100), Is.True);
        Assert.That(queue.HasRoomAgain, Is.False);
        await queue.ReceiveAsync(default);
        Assert.That(queue.HasRoomAgain, Is.True);
    }

    [Test]
    public async Task A_receive_waits_and_is_completed_by_delivery()
    {
        var queue = new PollQueue(10, 0);
        await queue.ReceiveAsync(default);
        var waiting = queue.ReceiveAsync(default);
        Assert.That((waiting.IsCompleted, queue.IsStarving), Is.EqualTo((false, true)));
        Assert.Throws<InvalidOperationException>(() => _ = queue.ReceiveAsync(default));
        queue.Add(Text("a"), 1);
        Assert.That((waiting.IsCompleted, queue.IsStarving), Is.EqualTo((false, false)));
        queue.Deliver();
        Assert.That(((WebSocketReceive)await waiting).GetText(), Is.EqualTo("a"));
        waiting = queue.ReceiveAsync(default);
        queue.End(Gone, discard: false);
        queue.DeliverLater();
        Assert.That(await waiting, Is.SameAs(Gone));
    }

    [Test]
    public async Task Giving_up_a_wait_loses_nothing()
    {
        var queue = new PollQueue(10, 0);
        await queue.ReceiveAsync(default);
        using var cancel = new CancellationTokenSource();
        var waiting = queue.ReceiveAsync(cancel.Token);
        await cancel.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(async () => await waiting);
        queue.Add(Text("a"), 1);
        queue.Deliver();
        Assert.That(((WebSocketReceive)await queue.ReceiveAsync(default)).GetText(), Is.EqualTo("a"));
    }

    [Test]
    public async Task An_end_of_the_applications_own_drops_what_it_has_not_taken_and_only_the_first_end_counts()
    {
        var queue = new PollQueue(10, 0);
        await queue.ReceiveAsync(default);
        queue.Add(Text("a"), 1);
        Assert.That((queue.End(Gone, discard: true), queue.End(new WebSocketDisconnect(1000), discard: false)), Is.EqualTo((true, false)));
        Assert.That(queue.Add(Text("b"), 1), Is.False);
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(Gone));
    }

    [Test]
    public async Task Of_what_waits_the_oldest_comes_first_however_much_waits_and_each_counts_its_own_bytes()
    {
        var queue = new PollQueue(100, 8);
        Assert.That((queue.Add(Text("a"), 1), queue.Add(Text("b"), 2), queue.HasMessages), Is.EqualTo((false, false, true)));
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(WebSocketConnect.Instance));
        Assert.That(await TakeAsync(queue), Is.EqualTo("a"));
        Assert.That(await TakeAsync(queue), Is.EqualTo("b"));
        Assert.That(queue.HasMessages, Is.False);
        foreach (var before in new[] { 3, 4 })
        {
            Assert.That((queue.Add(Text("c"), before), queue.Add(Text("d"), 7 - before), queue.HasRoomAgain), Is.EqualTo((false, false, false)));
            Assert.That(await TakeAsync(queue), Is.EqualTo("c"));
            Assert.That((queue.HasRoomAgain, queue.Add(Text("e"), before)), Is.EqualTo((true, false)));
            Assert.That(await TakeAsync(queue), Is.EqualTo("d"));
            Assert.That((queue.Add(Text("f"), 7 - before), queue.Add(Text("g"), 1)), Is.EqualTo((false, true)));
            Assert.That((await TakeAsync(queue), await TakeAsync(queue), await TakeAsync(queue)), Is.EqualTo(("e", "f", "g")));
        }
    }

    [Test]
    public async Task The_first_event_is_no_message_it_is_neither_counted_nor_dropped()
    {
        var queue = new PollQueue(1, 0);
        Assert.That((queue.HasMessages, queue.HasRoomAgain), Is.EqualTo((false, true)));
        Assert.That(queue.Add(Text("a"), 1), Is.True);
        queue.End(Gone, discard: true);
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(WebSocketConnect.Instance));
        Assert.That(await queue.ReceiveAsync(default), Is.SameAs(Gone));
    }

    [Test]
    public async Task A_message_that_waits_alone_costs_nothing_beside_itself()
    {
        var message = Text("a");
        var allocated = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var queue = new PollQueue(10, 0);
            await queue.ReceiveAsync(default);
            var before = GC.GetAllocatedBytesForCurrentThread();
            queue.Add(message, 1);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before); // as in Allocations.Least
        }

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public async Task Waiting_allocates_nothing()
    {
        var queue = new PollQueue(10, 0);
        await queue.ReceiveAsync(default);
        var message = Text("a");
        var allocated = Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var waiting = queue.ReceiveAsync(default);
                queue.Add(message, 1);
                queue.Deliver();
                _ = waiting.Result;
            }

            queue.Taken.Clear();
        });
        Assert.That(allocated, Is.Zero);
    }

    private static async ValueTask<string> TakeAsync(PollQueue queue) => ((WebSocketReceive)await queue.ReceiveAsync(default)).GetText();

    private static WebSocketReceive Text(string text) => WebSocketReceive.FromText(text);

    private sealed class PollQueue(int maxCount, long maxBytes) : BoundedEventQueue(WebSocketConnect.Instance, maxCount, maxBytes)
    {
        public List<Event> Taken { get; } = new(4000);

        protected override void OnTaken(Event message) => Taken.Add(message);
    }
}
