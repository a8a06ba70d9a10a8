using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Instances, services, layers and the end of a consumer (channels.md, "Consumer core").</summary>
public sealed partial class ConsumerCoreTests
{
    [Test]
    [Proves("C-CONS-01")]
    public async Task Every_connection_has_its_own_instance()
    {
        Application app = Consumer.Of<CountingConsumer>();

        await using var first = Communicator.WebSocket(app, "/");
        await using var second = Communicator.WebSocket(app, "/");
        await first.ConnectAsync();
        await second.ConnectAsync();
        await first.SendTextAsync("");
        await first.SendTextAsync("");
        await second.SendTextAsync("");

        Assert.That(await first.ReceiveTextAsync(), Is.EqualTo("1"));
        Assert.That(await first.ReceiveTextAsync(), Is.EqualTo("2"));
        Assert.That(await second.ReceiveTextAsync(), Is.EqualTo("1"));
    }

    [Test]
    [Proves("C-CONS-02", "C-CONS-03")]
    public async Task Concurrent_connections_see_their_own_scope_and_get_their_own_replies()
    {
        Application app = Consumer.Of<PathConsumer>();

        await using var a = Communicator.WebSocket(app, "/a");
        await using var b = Communicator.WebSocket(app, "/b");
        await a.ConnectAsync();
        await b.ConnectAsync();
        await a.SendTextAsync("?");

        Assert.That(await a.ReceiveTextAsync(), Is.EqualTo("/a"));
        await b.ReceiveNothingAsync();
    }

    [TestCase("_private")]
    [TestCase(".x")]
    [TestCase("dispose")]
    [TestCase("Equals")]
    [TestCase("close")]
    [TestCase("on.text")]
    [Proves("C-CONS-04", "C-CONS-05", "C-WSC-20", "SEC-53")]
    public async Task Only_marked_methods_are_reachable(string type)
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var socket = Communicator.WebSocket(Consumer.Of<CountingConsumer>(), "/").WithServices(services);
        await socket.ConnectAsync();
        await socket.SendTextAsync("name");
        var channel = (await socket.ReceiveTextAsync())[1..];

        await services.GetRequiredService<IChannelLayer>().SendAsync(channel, new ChannelMessage(type));
        await socket.SendTextAsync("");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("2")); // dropped: the consumer lives and counts on
    }

    [Test]
    [Proves("C-CONS-06")]
    public void A_message_without_a_type_cannot_be_made() =>
        Assert.That(() => new ChannelMessage(""), Throws.ArgumentException);

    [Test]
    [Proves("C-CONS-06")]
    public async Task An_unknown_event_of_the_connection_is_an_error_that_names_it()
    {
        await using var socket = Communicator.Application(Consumer.Of<CountingConsumer>(), new WebSocketScope { Path = "/" });
        await socket.SendInputAsync(new Strange());

        Assert.That(async () => await socket.WaitAsync(), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("CountingConsumer").And.Message.Contains("'strange.event'"));
    }

    [Test]
    [Proves("C-CONS-09")]
    public async Task Stop_ends_the_application_without_an_error_also_in_connect()
    {
        var journal = new Journal();
        await using var socket = Communicator.Application(Consumer.Of<StoppingConsumer>(journal), new WebSocketScope { Path = "/" });
        await socket.SendInputAsync(WebSocketConnect.Instance);

        await socket.WaitAsync();

        Assert.That(journal.Entries, Is.EqualTo(new[] { "connect", "disconnect 1006" }));
    }

    [Test]
    [Proves("C-CONS-10")]
    public async Task After_the_end_the_channel_is_closed_and_nobody_waits_on_it()
    {
        var layer = new RecordingLayer();
        await using var socket = Communicator.WebSocket(Consumer.Of<CountingConsumer>(), "/").WithScope(s => s with { Services = new OneService(layer) });
        await socket.ConnectAsync();
        await socket.DisconnectAsync();

        Assert.That(layer.Post(layer.Opened.Single(), new ChannelMessage("x")), Is.EqualTo(InboxPostResult.Closed));
        Assert.That(layer.Closed, Is.EqualTo(1));
    }

    [Test]
    [Proves("C-CONS-13")]
    public async Task A_consumer_names_the_layer_it_uses()
    {
        await using var services = TestServices.Create(s => s.AddChannels(c => c.AddInMemoryLayer("other")));
        await using var socket = Communicator.WebSocket(Consumer.Of<OtherLayerConsumer>(), "/").WithServices(services);
        await socket.ConnectAsync();

        await services.GetRequiredKeyedService<IChannelLayer>("default").GroupSendAsync("all", new ChannelMessage("say"));
        await services.GetRequiredKeyedService<IChannelLayer>("other").GroupSendAsync("all", new ChannelMessage("say"));

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("other"));
        await socket.ReceiveNothingAsync();
    }

    [Test]
    [Proves("C-CONS-13")]
    public async Task An_unknown_layer_stops_the_start_and_the_connection()
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        Application app = Consumer.Of<OtherLayerConsumer>();

        Assert.That(() => ApplicationTree.Prepare(app, services), Throws.InvalidOperationException.With.Message.Contains("'other'"));
        await using var socket = Communicator.WebSocket(app, "/").WithScope(s => s with { Services = services });
        Assert.That(async () => await socket.ConnectAsync(), Throws.InvalidOperationException.With.Message.Contains("'other'"));
    }

    [Test]
    [Proves("C-CONS-14")]
    public async Task Without_a_layer_the_consumer_works()
    {
        await using var socket = Communicator.WebSocket(Consumer.Of<CountingConsumer>(), "/");
        await socket.ConnectAsync();
        await socket.SendTextAsync("name");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("1")); // no channel name behind the number
    }

    [Test]
    [Proves("C-CONS-15")]
    public async Task Arguments_reach_every_constructor_beside_services()
    {
        await using var services = TestServices.Create(s => s.AddSingleton("from services"));
        Application app = Consumer.Of<ArgumentConsumer>(42);
        for (var i = 0; i < 2; i++)
        {
            await using var socket = Communicator.WebSocket(app, "/").WithServices(services);
            await socket.ConnectAsync();
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("42 from services"));
        }
    }

    [Test]
    [Proves("C-CONS-15")]
    public async Task What_cannot_be_constructed_is_told_at_the_start()
    {
        await using var services = TestServices.Create();

        Assert.That(() => ApplicationTree.Prepare(Consumer.Of<ArgumentConsumer>(42), services), Throws.InvalidOperationException.With.Message.Contains("'String text'"));
        Assert.That(() => Consumer.Of<ArgumentConsumer>("a", "b", "c"), Throws.InvalidOperationException.With.Message.Contains("ArgumentConsumer cannot be constructed"));
        Assert.That(() => Consumer.Of<ArgumentConsumer>(null!, 1), Throws.ArgumentException.With.Message.Contains("null"));
    }

    [Test]
    [Proves("C-CONS-16")]
    public async Task Blocking_handlers_of_several_consumers_run_side_by_side()
    {
        using var all = new Barrier(3); // passes only when three handlers stand in it at once
        Application app = Consumer.Of<BlockingConsumer>(all);
        var sockets = Enumerable.Range(0, 3).Select(_ => Communicator.WebSocket(app, "/")).ToArray();
        foreach (var socket in sockets)
        {
            await socket.ConnectAsync();
            await socket.SendTextAsync("");
        }

        foreach (var socket in sockets)
        {
            Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("met"));
            await socket.DisposeAsync();
        }
    }

    [Test]
    public async Task A_consumer_of_another_protocol_refuses_the_scope_by_name()
    {
        await using var http = Communicator.Http(Consumer.Of<CountingConsumer>(), "GET", "/");

        Assert.That(async () => await http.GetResponseAsync(), Throws.InstanceOf<UnsupportedScopeException>().With.Message.Contains("CountingConsumer").And.Message.Contains("websocket"));
    }

    [Test]
    public void A_consumer_read_in_its_constructor_tells_that_it_is_too_early() =>
        Assert.That(() => new EagerConsumer(), Throws.InvalidOperationException.With.Message.Contains("not in the constructor"));

    [Test]
    public async Task Each_event_can_have_services_of_its_own()
    {
        await using var services = TestServices.Create(s => s.AddScoped<object>());
        await using var socket = Communicator.WebSocket(Consumer.Of<PerEventConsumer>(), "/").WithServices(services);
        await socket.ConnectAsync();
        await socket.SendTextAsync("");
        await socket.SendTextAsync("");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("own, stable"));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("own, stable"));
    }

    private sealed record Strange() : Event("strange.event");

    private sealed class CountingConsumer : WebSocketConsumer
    {
        private int _count;

        protected override ValueTask OnTextAsync(string text) => SendTextAsync($"{++_count}{(text == "name" ? ChannelName : "")}");
    }

    private sealed class PathConsumer : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(Scope.Path);
    }

    private sealed class StoppingConsumer(Journal journal) : WebSocketConsumer
    {
        protected override ValueTask OnConnectAsync()
        {
            journal.Add("connect");
            Stop();
            return default;
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            journal.Add($"disconnect {disconnect.Code}");
            return default;
        }
    }

    [ChannelLayer("other")]
    private sealed partial class OtherLayerConsumer : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["all"];

        [Handles("say")]
        private ValueTask Say() => SendTextAsync(RequireLayer().Alias);
    }

    private sealed class ArgumentConsumer(int number, string text) : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync($"{number} {text}");
        }
    }

    private sealed class BlockingConsumer(Barrier all) : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync(all.SignalAndWait(Eventually.Patience) ? "met" : "alone");
    }

    private sealed class EagerConsumer : WebSocketConsumer
    {
        public EagerConsumer() => _ = Scope;
    }

    [ScopePerEvent]
    private sealed class PerEventConsumer : WebSocketConsumer
    {
        private readonly List<object> _seen = [];

        protected override ValueTask OnTextAsync(string text)
        {
            var own = EventServices.GetRequiredService<object>();
            var stable = ReferenceEquals(own, EventServices.GetRequiredService<object>());
            var fresh = !_seen.Contains(own) && own != Scope.Services.GetRequiredService<object>();
            _seen.Add(own);
            return SendTextAsync($"{(fresh ? "own" : "shared")}, {(stable ? "stable" : "changing")}");
        }
    }
}
