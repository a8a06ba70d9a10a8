using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>What a message costs in garbage, measured on the thread that runs the loop, and what an idle consumer weighs.</summary>
public sealed partial class ConsumerAllocationTests
{
    private const int Rounds = 1_000;

    [Test]
    public void A_layer_message_that_all_forward_costs_no_allocation() =>
        Assert.That(MeasureRounds(ChannelMessage.Of(new Said("the same for all"))), Is.Zero);

    [Test]
    public void A_forwarded_frame_costs_no_allocation() =>
        Assert.That(MeasureRounds(ChannelMessage.Forward(WebSocketSend.FromText("as it is"))), Is.Zero);

    [Test]
    public void A_text_of_ones_own_costs_its_event_and_its_bytes_only() =>
        Assert.That(MeasureRounds(new ChannelMessage("own")) / Rounds, Is.EqualTo(Allocations.Least(() => WebSocketSend.FromText(Sending.Own))));

    [Test]
    [NonParallelizable] // measures the whole heap
    public async Task An_idle_consumer_is_small()
    {
        const int count = 2_000, attempts = 3;
        Application app = Consumer.Of<Sending>((Action)(() => { }));
        var scope = new WebSocketScope { Path = "/" };
        var pending = new TaskCompletionSource<Event>[(attempts * count) + 1];
        await StartAsync(attempts * count); // warms up

        var each = long.MaxValue;
        for (var attempt = 0; attempt < attempts; attempt++) // what earlier tests have left running may grow meanwhile, though not each time
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < count; i++)
            {
                await StartAsync((attempt * count) + i);
            }

            each = Math.Min(each, (GC.GetTotalMemory(forceFullCollection: true) - before) / count);
        }

        TestContext.Out.WriteLine($"{each} bytes for each idle consumer, with the test's own source of events");
        Assert.That(each, Is.LessThan(1_700));
        Array.ForEach(pending, p => p.SetResult(new WebSocketDisconnect(1000)));

        Task StartAsync(int i)
        {
            var connected = false;
            var source = pending[i] = new();
            _ = app(scope, _ => connected ? new(source.Task) : Connect(), static (_, _) => default);
            return Task.CompletedTask;

            ValueTask<Event> Connect()
            {
                connected = true;
                return new(WebSocketConnect.Instance);
            }
        }
    }

    // Each event arrives on this very thread and so wakes the loop here; its handler posts the layer message, which the
    // loop then finds before it sleeps again.
    private static long MeasureRounds(ChannelMessage message)
    {
        var events = new EventSource();
        var layer = new RecordingLayer();
        Action post = () => layer.Post(layer.Opened[0], message);
        var running = Consumer.Of<Sending>(post).InvokeAsync(new WebSocketScope { Path = "/", Services = new OneService(layer) }, events.ReceiveAsync, static (_, _) => default);
        var least = Allocations.Least(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                events.Arrive();
            }
        });

        Assert.That(layer.Opened[0].Count, Is.Zero);
        events.End();
        Assert.That(running.IsCompletedSuccessfully);
        return least;
    }

    private sealed partial class Sending(Action post) : WebSocketConsumer
    {
        public const string Own = "made anew for each consumer";

        [Handles]
        private ValueTask Said(Said message) => SendTextAsync(message.Text);

        [Handles("own")]
        private ValueTask OwnText() => SendAsync(WebSocketSend.FromText(Own));

        protected override ValueTask OnReceiveAsync(WebSocketReceive message)
        {
            post();
            return default;
        }
    }
}
