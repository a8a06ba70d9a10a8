using Channels.Routing;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>The client that applications test with.</summary>
internal sealed class CommunicatorTests : SocketIOFixture
{
    [Test]
    [Proves("S-SIO-99")]
    public async Task It_connects_emits_receives_and_acknowledges([Values] EngineIOTransport transport)
    {
        var root = new ProtocolTypeRouter { ["http"] = new UrlRouter { { "socket.io/", Server } }, ["websocket"] = new UrlRouter { { "socket.io/", Server } } };
        await using var client = new SocketIOCommunicator(root, Services, transport, queryString: "a=1", headers: new() { { "x-kind", "tall" } }) { Timeout = Eventually.Patience };
        var id = await client.ConnectAsync(authentication: new { Token = "t" });
        Assert.That(id, Has.Length.EqualTo(20));
        var auth = await client.ReceiveAsync();
        Assert.That((auth.Name, auth.Arguments.GetJson(0)), Is.EqualTo(("auth", "{\"token\":\"t\"}")));
        Assert.That((await client.EmitWithAckAsync("echo", 1, new byte[] { 2 })).GetBytes(1).ToArray(), Is.EqualTo(new byte[] { 2 }));
        Assert.That((await client.EmitWithAckAsync("who")).Get<string>(0), Does.Contain("tall").And.Contain("a=1"));

        await client.EmitAsync("ask", "why");
        var question = await client.ReceiveAsync();
        Assert.That((question.Name, question.Arguments.Get<string>(0)), Is.EqualTo(("question", "why")));
        await client.AcknowledgeAsync(question, "because");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("answered 1 \"because\""));
        Assert.That(() => client.AcknowledgeAsync(auth), Throws.ArgumentException.With.Message.Contains("no acknowledgement of 'auth'"));

        await Server.To(id).EmitAsync("news", "kept");
        await client.EmitWithAckAsync("echo");
        Assert.That((await client.ReceiveAsync()).Name, Is.EqualTo("news"));
    }

    [Test]
    [Proves("S-SIO-99")]
    public async Task It_drops_leaves_and_is_sent_out([Values] EngineIOTransport transport)
    {
        var dropped = new SocketIOCommunicator(Server, Services, transport) { Timeout = Eventually.Patience };
        await dropped.ConnectAsync();
        await dropped.DropAsync();
        Assert.That(await Journal.NextAsync(), Is.EqualTo($"left transport {(transport == EngineIOTransport.Polling ? "error" : "close")} from "));

        await using var client = new SocketIOCommunicator(Server, Services, transport) { Timeout = Eventually.Patience };
        await client.ConnectAsync();
        await client.LeaveAsync();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left client namespace disconnect from "));
        await client.ConnectAsync();
        await client.EmitAsync("out", false);
        await client.ReceiveDisconnectAsync();
        Assert.That(client.IsDisconnected);
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left server namespace disconnect from "));
        Assert.That(() => client.EmitWithAckAsync("echo"), Throws.InvalidOperationException.With.Message.Contains("in the namespace no more"));
    }

    [Test]
    public async Task It_is_told_why_it_is_kept_out([Values] EngineIOTransport transport)
    {
        await using var client = new SocketIOCommunicator(Server, Services, transport) { Timeout = Eventually.Patience };
        var refused = Assert.ThrowsAsync<SocketIORefusedException>(() => client.ConnectAsync("/guarded", new { Token = "data" }));
        Assert.That((refused!.Message, $"{refused.Content}"), Is.EqualTo(("No", "{\"code\":7}")));
        await client.ConnectAsync("/guarded", new { Token = "right" });
    }

    [Test]
    public async Task A_handshake_that_is_refused_is_told([Values] EngineIOTransport transport)
    {
        var server = MakeServer(new() { Engine = new() { AllowRequest = static _ => new("no") } });
        await using var client = new SocketIOCommunicator(server, Services, transport) { Timeout = Eventually.Patience };
        Assert.That(() => client.ConnectAsync(), Throws.InvalidOperationException.With.Message.Contains("refused with the status 403"));
    }
}
