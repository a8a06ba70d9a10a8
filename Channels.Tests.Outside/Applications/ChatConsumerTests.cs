using System.Net.WebSockets;
using System.Text;
using Channels;
using Channels.Routing;
using Channels.Testing;

namespace Outside.Applications;

/// <summary>Middleware, a router, a typed message and a generated dispatch, as an application has them.</summary>
public sealed class ChatConsumerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2); // no verdict: only so that a broken test ends

    private static readonly Application Chat = new NamedUser(new ProtocolTypeRouter
    {
        ["websocket"] = new UrlRouter { { "chat/{room:slug}/", Consumer.Of<ChatConsumer>() } },
    });

    [Test]
    public async Task Two_communicators_hear_each_other()
    {
        await using var services = TestServices.Create();
        await using var ann = new WebSocketCommunicator(Chat, "/chat/lobby/?ann").WithServices(services).WithTimeout(Patience);
        await using var ben = new WebSocketCommunicator(Chat, "/chat/lobby/?ben").WithServices(services).WithTimeout(Patience);
        Assert.That((await ann.ConnectAsync()).Accepted);
        Assert.That((await ben.ConnectAsync()).Accepted);
        await ann.SendTextAsync("hello");
        Assert.That(await ben.ReceiveTextAsync(), Is.EqualTo("ann: hello"));
        Assert.That(await ann.ReceiveTextAsync(), Is.EqualTo("ann: hello"));
    }

    [Test]
    public async Task The_server_serves_it_too()
    {
        await using var server = await LiveServer.StartAsync(Chat);
        using var socket = await server.ConnectAsync("/chat/lobby/?ann");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Assert.That(Encoding.UTF8.GetString(buffer, 0, received.Count), Is.EqualTo("ann: hello"));
    }
}
