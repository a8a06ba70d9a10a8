using System.Threading.Channels;
using Channels.Routing;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using SocketIOClient;
using SocketIOClient.Transport;

namespace Channels.Tests.Sockets;

/// <summary>The client that .NET programs use, SocketIOClient, against a live server.</summary>
internal sealed class DotNetClientTests
{
    [TestCase(TransportProtocol.Polling)]
    [TestCase(TransportProtocol.WebSocket)]
    [Proves("S-SIO-98")]
    public async Task Events_acknowledgements_bytes_and_a_new_connection(TransportProtocol transport)
    {
        var journal = new Journal();
        var server = new SocketIOServer { { "/", Consumer.Of<MainNamespace>() } };
        await using var live = await LiveServer.StartAsync(
            new ProtocolTypeRouter { ["http"] = new UrlRouter { { "socket.io/", server } }, ["websocket"] = new UrlRouter { { "socket.io/", server } } },
            builder =>
            {
                builder.Services.AddSingleton(journal);
                builder.Services.AddChannels();
            });
        using var client = new SocketIOClient.SocketIO(live.BaseAddress, new SocketIOClient.SocketIOOptions
        {
            Transport = transport,
            AutoUpgrade = false,
            EIO = 4,
            ConnectionTimeout = Eventually.Patience,
            Reconnection = true,
            ReconnectionDelay = 50,
        });
        var heard = Channel.CreateUnbounded<SocketIOResponse>();
        client.On("auth", response => heard.Writer.TryWrite(response));
        client.On("message-back", response => heard.Writer.TryWrite(response));
        await client.ConnectAsync();
        await NextAsync();
        var first = client.Id;

        await client.EmitAsync("message", "täxt", 2, new { deep = new[] { true } });
        var back = await NextAsync();
        Assert.That((back.GetValue<string>(0), back.GetValue<int>(1), back.GetValue(2).GetRawText()), Is.EqualTo(("täxt", 2, "{\"deep\":[true]}")));
        await client.EmitAsync("message", new byte[] { 1, 2 }, new { deep = new byte[] { 3 } });
        Assert.That((await NextAsync()).InComingBytes, Is.EqualTo(new[] { new byte[] { 1, 2 }, new byte[] { 3 } }));

        var answer = new TaskCompletionSource<SocketIOResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        await client.EmitAsync("message-with-ack", response => answer.TrySetResult(response), 5, new byte[] { 7 });
        var acknowledged = await answer.Task.WaitAsync(Eventually.Patience);
        Assert.That((acknowledged.GetValue<int>(0), acknowledged.InComingBytes[0]), Is.EqualTo((5, new byte[] { 7 })));

        await client.EmitAsync("connect"); // a name of the client's own: the server closes the connection
        Assert.That(await journal.NextAsync(), Does.StartWith("left "));
        await NextAsync();
        Assert.That(client.Id, Is.Not.EqualTo(first));
        await client.DisconnectAsync();

        Task<SocketIOResponse> NextAsync() => heard.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);
    }
}
