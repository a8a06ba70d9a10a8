using System.Net;
using System.Net.WebSockets;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>What limits HTTP requests does not limit sockets.</summary>
public sealed class ServerLimitsTests
{
    private const int MessageBytes = 1500;

    [Test]
    [Proves("W-90", "C-WS-12")]
    public async Task Body_size_data_rates_and_the_request_timeout_do_not_cut_a_socket([Values] bool http2)
    {
        await using var app = await LiveServer.StartFunctionAsync(Applications.Echo, builder =>
        {
            builder.Set("Kestrel:EndpointDefaults:Protocols", http2 ? "Http2" : "Http1");
            builder.Set("Channels:Server:MaxRequestBodyBytes", "1000");
            builder.Set("Channels:Server:RequestTimeout", "00:00:02");
            builder.ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.5)));
        });
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = new ClientWebSocket
        {
            Options = { HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact },
        };
        await socket.ConnectAsync(app.WebSocketAddress("/"), invoker, default);
        await EchoAsync(socket);

        // Real time, because Kestrel's own clock cannot be moved; waiting longer than needed cannot make this fail.
        await Task.Delay(TimeSpan.FromSeconds(4));

        await EchoAsync(socket);
        await EchoAsync(socket);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.That(socket.CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));
    }

    private static async Task EchoAsync(ClientWebSocket socket)
    {
        await socket.SendAsync(new byte[MessageBytes], WebSocketMessageType.Binary, true, default);
        var echo = new byte[MessageBytes + 1];
        var got = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(echo.AsMemory(got), default);
            got += result.Count;
        }
        while (!result.EndOfMessage);
        Assert.That(got, Is.EqualTo(MessageBytes));
    }
}
