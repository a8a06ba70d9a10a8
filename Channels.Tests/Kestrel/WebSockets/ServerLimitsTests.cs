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
        var time = new ManualTimeProvider();
        await using var app = await LiveServer.StartFunctionAsync(EchoOrReadAsync, builder =>
        {
            builder.Services.GoBy(time);
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

        await RequestThatIsTooSlowAsync(app, http2); // Kestrel's own clock cannot be moved: its limit has acted when this ends
        time.Advance(TimeSpan.FromSeconds(10));

        await EchoAsync(socket);
        await EchoAsync(socket);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.That(socket.CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));
    }

    private static async Task EchoOrReadAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is WebSocketScope)
        {
            await Applications.Echo(scope, receive, send);
            return;
        }

        while (await receive() is HttpRequest { MoreBody: true })
        {
            // the body never ends
        }
    }

    private static async Task RequestThatIsTooSlowAsync(LiveServer app, bool http2)
    {
        if (!http2)
        {
            Assert.That(await app.SendRawAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx"), Does.StartWith("HTTP/1.1 408"));
            return;
        }

        using var http = app.CreateClient(HttpVersion.Version20);
        Assert.That(async () => await http.PostAsync("/", new EndlessContent()), Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<OperationCanceledException>(), "Kestrel cuts the whole connection: the client hears of it by its response or by its body");
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

    /// <summary>One byte, and then nothing for as long as the connection lasts.</summary>
    private sealed class EndlessContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[1], cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 100;
            return true;
        }
    }
}
