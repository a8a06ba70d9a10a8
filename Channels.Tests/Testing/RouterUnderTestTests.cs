using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Testing;

public sealed class RouterUnderTestTests
{
    [Test]
    [Proves("C-TEST-06")]
    public async Task A_router_can_be_the_application_and_captures_reach_the_consumer()
    {
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "ws/{room:slug}/{seat:int}/", Consumer.Of<SeatConsumer>() } },
        };
        await using var services = TestServices.Create();
        await using var seat = Communicator.WebSocket(root, "/ws/stalls/12/").WithServices(services);
        Assert.That((await seat.ConnectAsync()).Accepted);
        Assert.That(await seat.ReceiveTextAsync(), Is.EqualTo("stalls 12"));
        await seat.DisconnectAsync();
    }

    [Test]
    public async Task Communicators_that_share_services_hear_each_other_through_the_layer()
    {
        await using var services = TestServices.Create();
        Application root = Consumer.Of<ForwardingConsumer>();
        await using var ann = Communicator.WebSocket(root, "/").WithServices(services);
        await using var bob = Communicator.WebSocket(root, "/").WithServices(services);
        await ann.ConnectAsync();
        await bob.ConnectAsync();

        await ann.SendTextAsync("hello");
        Assert.That(await bob.ReceiveTextAsync(), Is.EqualTo("hello"));
        Assert.That(await ann.ReceiveTextAsync(), Is.EqualTo("hello"));

        await bob.DisconnectAsync();
        await ann.SendTextAsync("anybody?");
        Assert.That(await ann.ReceiveTextAsync(), Is.EqualTo("anybody?"));
        await bob.ReceiveNothingAsync();
    }

    [Test]
    public async Task A_consumer_that_cannot_be_constructed_is_reported_before_it_runs()
    {
        await using var services = TestServices.Create();
        await using var broken = Communicator.WebSocket(Consumer.Of<NeedyConsumer>(), "/").WithServices(services);
        Assert.That(() => broken.ConnectAsync(), Throws.InvalidOperationException.With.Message.Contains(nameof(NeedyConsumer)));
    }

    [Test]
    public async Task Services_of_the_test_reach_the_consumer()
    {
        await using var services = TestServices.Create(s => s.AddSingleton(new Needed("from the test")));
        await using var happy = Communicator.WebSocket(Consumer.Of<NeedyConsumer>(), "/").WithServices(services);
        Assert.That((await happy.ConnectAsync()).Subprotocol, Is.Null);
        Assert.That(await happy.ReceiveTextAsync(), Is.EqualTo("from the test"));
    }

    public sealed record Needed(string Text);

    public sealed class SeatConsumer : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync($"{Route["room"]} {Route.Get<int>("seat")}");
        }
    }

    public sealed class ForwardingConsumer : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["all"];

        protected override ValueTask OnTextAsync(string text) => Groups.SendAsync("all", ChannelMessage.Forward(WebSocketSend.FromText(text)));
    }

    public sealed class NeedyConsumer(Needed needed) : WebSocketConsumer
    {
        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync(needed.Text);
        }
    }
}
