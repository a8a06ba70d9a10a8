using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>The order and the rhythm of events (channels.md 4.2, REL-31, REL-32).</summary>
public sealed partial class ConsumerLoopTests
{
    private readonly RecordingLayer _layer = new();
    private readonly Journal _journal = new();
    private readonly Gate _gate = new();

    [Test]
    [Proves("C-CONS-07")]
    public async Task Handlers_alternate_between_connection_and_layer_and_never_overlap()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        foreach (var text in new[] { "c1", "c2", "c3" })
        {
            await socket.SendTextAsync(text);
        }

        Post("l1");
        Post("l2");
        _gate.Open();
        await _journal.Has("c3");

        // The held event was the connection's, so the layer is next.
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "wait", "l1", "c1", "l2", "c2", "c3" }));
    }

    [Test]
    [Proves("C-CONS-08", "REL-31")]
    public async Task A_disconnect_is_handled_after_a_busy_handler_but_cancels_it_at_once()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait for abort");
        await _gate.Reached;

        await socket.DisconnectAsync(1001); // returns when the consumer has ended, although nobody opens the gate

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "wait for abort", "aborted", "disconnect 1001" }));
    }

    [Test]
    [Proves("C-CONS-08")]
    public async Task A_handler_that_does_not_heed_the_token_finishes_first()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        await socket.SendTextAsync("before the disconnect");
        var ending = socket.DisconnectAsync(1001);
        Assert.That(_journal.Entries, Is.Empty);
        _gate.Open();
        await ending;

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "wait", "before the disconnect", "disconnect 1001" }));
    }

    [Test]
    [Proves("C-CONS-11")]
    public async Task Events_after_a_stop_are_not_dispatched()
    {
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        Post("stop");
        await socket.SendTextAsync("late");
        Post("late too");
        _gate.Open();
        await socket.WaitAsync();

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "wait", "stop", "disconnect 1006" }));
    }

    [Test]
    public async Task Layer_messages_wait_for_the_connect_event()
    {
        await using var socket = Communicator.Application(Consumer.Of<LoopConsumer>(_journal, _gate), new WebSocketScope { Path = "/", Services = new OneService(_layer) });
        _ = socket.Completion;
        await Support.Eventually.Is(() => _layer.Opened.Count == 1);
        Post("early");
        await socket.ReceiveNothingAsync();
        Assert.That(_journal.Entries, Is.Empty);

        await socket.SendInputAsync(WebSocketConnect.Instance);
        await _journal.Has("early");
        await socket.SendInputAsync(new WebSocketDisconnect(1000));
    }

    [Test]
    [Proves("REL-32")]
    public async Task Many_messages_from_both_sides_arrive_in_order_one_at_a_time()
    {
        const int count = 2_000;
        await using var socket = await ConnectAsync();
        var posting = Task.Run(() =>
        {
            for (var i = 0; i < count; i++)
            {
                while (_layer.Post(_layer.Opened[0], new ChannelMessage("say", new MessageMap { ["text"] = $"l{i}" })) == InboxPostResult.Full)
                {
                    Thread.Yield();
                }
            }
        });
        for (var i = 0; i < count; i++)
        {
            await socket.SendTextAsync($"c{i}");
        }

        await posting;
        await _journal.Has($"c{count - 1}");
        await _journal.Has($"l{count - 1}");

        Assert.That(_journal.Entries.Where(e => e[0] == 'c'), Is.EqualTo(Enumerable.Range(0, count).Select(i => $"c{i}")));
        Assert.That(_journal.Entries.Where(e => e[0] == 'l'), Is.EqualTo(Enumerable.Range(0, count).Select(i => $"l{i}")));
    }

    [Test]
    public async Task Output_is_held_while_handlers_run_on_and_never_while_one_waits()
    {
        var outbox = new CountingOutbox();
        await using var socket = Communicator.WebSocket(Consumer.Of<LoopConsumer>(_journal, _gate), "/").WithScope(s => (s with { Services = new OneService(_layer) }).WithOutbox(outbox));
        await socket.ConnectAsync();
        await Support.Eventually.Is(() => outbox.Depth == 0);
        await socket.SendTextAsync("wait");
        await _gate.Reached;
        await Support.Eventually.Is(() => outbox.Depth == 0);
        _gate.Open();
        await socket.DisconnectAsync();

        Assert.That(outbox.Depth, Is.Zero);
        Assert.That(outbox.Held, Is.GreaterThan(0));
        Assert.That(outbox.Deepest, Is.EqualTo(1));
    }

    [Test]
    public async Task An_outbox_that_fails_does_not_cost_the_clean_up()
    {
        var ended = new TaskCompletionSource();
        Action end = ended.SetResult;
        Application application = Consumer.Of<StoppingConsumer>(end);
        var run = application(
            new WebSocketScope { Path = "/" }.WithOutbox(new FailingOutbox()), _ => new(WebSocketConnect.Instance), (_, _) => ValueTask.CompletedTask);

        Assert.That(async () => await run, Throws.InstanceOf<NotSupportedException>());
        Assert.That(ended.Task.IsCompleted);
    }

    [Test]
    public async Task A_receive_that_stays_pending_does_not_keep_an_ended_consumer_alive()
    {
        var pending = new TaskCompletionSource<Event>();
        var events = new Queue<ValueTask<Event>>([new(WebSocketConnect.Instance), new(pending.Task)]);

        var consumer = await RunToItsEndAsync();
        await Eventually.Is(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !consumer.IsAlive; // the thread that ended it may still stand in a frame that knows it
        });
        GC.KeepAlive(pending);
        GC.KeepAlive(_layer);

        async Task<WeakReference> RunToItsEndAsync()
        {
            var found = new WeakReference[1];
            var running = Consumer.Of<WeakConsumer>((object)found).InvokeAsync(new WebSocketScope { Path = "/", Services = new OneService(_layer) }, _ => events.Dequeue(), (_, _) => default);
            Post("idle"); // the loop has gone to sleep on the pending receive, or will find both
            Post("stop");
            await running.WaitAsync(Eventually.Patience);
            return found[0];
        }
    }

    private void Post(string text) => _layer.Post(_layer.Opened[0], new ChannelMessage(text == "stop" ? "stop" : "say", new MessageMap { ["text"] = text }));

    private async Task<WebSocketCommunicator> ConnectAsync()
    {
        var socket = Communicator.WebSocket(Consumer.Of<LoopConsumer>(_journal, _gate), "/").WithScope(s => s with { Services = new OneService(_layer) });
        await socket.ConnectAsync();
        return socket;
    }

    private sealed partial class LoopConsumer(Journal journal, Gate gate) : WebSocketConsumer
    {
        private int _inside;

        protected override async ValueTask OnTextAsync(string text)
        {
            Assert.That(Interlocked.Increment(ref _inside), Is.EqualTo(1));
            if (text == "wait")
            {
                await gate.PassAsync();
            }

            journal.Add(text);
            if (text == "wait for abort")
            {
                Interlocked.Decrement(ref _inside);
                await WaitForAbortAsync();
            }

            Interlocked.Decrement(ref _inside);
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            journal.Add($"disconnect {disconnect.Code}");
            return default;
        }

        [Handles("say")]
        private async ValueTask Say(MessageMap fields)
        {
            Assert.That(Interlocked.Increment(ref _inside), Is.EqualTo(1));
            journal.Add(fields["text"].GetText());
            Interlocked.Decrement(ref _inside);
            await Task.CompletedTask;
        }

        [Handles("stop")]
        private void StopNow()
        {
            journal.Add("stop");
            Stop();
        }

        private async Task WaitForAbortAsync()
        {
            try
            {
                await gate.PassAsync(Aborted);
            }
            catch (OperationCanceledException)
            {
                journal.Add("aborted");
                throw;
            }
        }
    }

    private sealed partial class WeakConsumer : WebSocketConsumer
    {
        public WeakConsumer(object found) => ((WeakReference[])found)[0] = new(this);

        [Handles("stop")]
        private void StopNow() => Stop();

        [Handles("say")]
        private void Say()
        {
        }
    }

    private sealed class StoppingConsumer(Action ended) : WebSocketConsumer
    {
        protected override ValueTask OnConnectAsync()
        {
            Stop();
            return ValueTask.CompletedTask;
        }

        protected override ValueTask OnEndAsync(bool failed)
        {
            ended();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FailingOutbox : IOutbox
    {
        public Send Send { get; } = (_, _) => ValueTask.CompletedTask;

        public bool HasMoreInput => false;

        public int TrySend(ReadOnlySpan<Event> events) => 0;

        public void Hold()
        {
        }

        public void Flush() => throw new NotSupportedException();
    }

    private sealed class CountingOutbox : IOutbox
    {
        private int _depth;

        public Send Send { get; } = (_, _) => ValueTask.CompletedTask;

        public bool HasMoreInput => false;

        public int Depth => Volatile.Read(ref _depth);

        public int Held { get; private set; }

        public int Deepest { get; private set; }

        public int TrySend(ReadOnlySpan<Event> events) => 0;

        public void Hold()
        {
            Held++;
            Deepest = Math.Max(Deepest, Interlocked.Increment(ref _depth));
        }

        public void Flush() => Interlocked.Decrement(ref _depth);
    }
}
