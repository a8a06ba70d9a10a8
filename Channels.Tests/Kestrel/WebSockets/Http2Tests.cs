using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class Http2Tests
{
    [Test]
    [Proves("W-82", "W-84")]
    public async Task A_socket_over_h2c_echoes_and_closes([Values] bool tls)
    {
        var log = new EventLog();
        using var certificate = tls ? SelfSigned() : null;
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), protocols: HttpProtocols.Http2, certificate: certificate);
        using var handler = Handler();
        using var client = await ConnectAsync(server, handler, tls, HttpVersion.Version20);
        foreach (var length in new[] { 0, 1, 125, 126, 65_535, 65_536, 1_000_000 })
        {
            await EchoAsync(client, length);
        }

        await client.CloseAsync((WebSocketCloseStatus)4001, "done", Limit());
        Assert.That(((int?)client.CloseStatus, (int)client.HttpStatusCode), Is.EqualTo((4001, 200)));
        Assert.That(await log.NextAsync<WebSocketDisconnect>(), Is.EqualTo(new WebSocketDisconnect(4001, "done")));
        await Support.Eventually.Is(() => server.OpenSockets == 0);
    }

    [Test]
    public async Task A_socket_over_tls_and_http_1_1_reads_the_decrypted_transport()
    {
        using var certificate = SelfSigned();
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, certificate: certificate);
        using var handler = Handler();
        using var client = await ConnectAsync(server, handler, true, HttpVersion.Version11);
        foreach (var length in new[] { 0, 125, 65_536, 1_000_000 })
        {
            await EchoAsync(client, length);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
        Assert.That(client.CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));
    }

    [Test]
    [Proves("W-85")]
    public async Task A_denial_over_http_2_is_a_status_on_the_stream()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            await send(new WebSocketDenialStart(401));
            await send(new WebSocketDenialBody("no"u8.ToArray()));
        }, protocols: HttpProtocols.Http2);
        using var handler = Handler();
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.CollectHttpResponseDetails = true;
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        Assert.ThrowsAsync<WebSocketException>(async () => await client.ConnectAsync(new Uri($"ws://localhost:{server.Port}/"), invoker, Limit()));
        Assert.That((int)client.HttpStatusCode, Is.EqualTo(401));
    }

    [Test]
    [Proves("W-83")]
    public async Task Extended_connect_for_another_protocol_is_501()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, protocols: HttpProtocols.Http2);
        using var handler = Handler();
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri($"http://localhost:{server.Port}/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Protocol = "connect-udp";
        using var response = await invoker.SendAsync(request, Limit());
        Assert.That((int)response.StatusCode, Is.EqualTo(501));
    }

    [Test]
    [Proves("W-86")]
    public async Task An_abandoned_stream_is_1006_and_its_siblings_live()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), protocols: HttpProtocols.Http2);
        using var handler = Handler();
        using var sibling = await ConnectAsync(server, handler, false, HttpVersion.Version20);
        using var lost = await ConnectAsync(server, handler, false, HttpVersion.Version20);
        await EchoAsync(lost, 10);
        lost.Abort();
        Assert.That((await log.NextAsync<WebSocketDisconnect>()).Code, Is.EqualTo(1006));
        await EchoAsync(sibling, 10);
    }

    [Test]
    [Proves("W-88")]
    public async Task A_socket_that_does_not_read_blocks_only_itself()
    {
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            if (scope is RequestScope { Path: "/echo" })
            {
                await Applications.Echo(scope, receive, send);
                return;
            }

            await receive();
            await send(new WebSocketAccept());
            var large = WebSocketSend.FromBinary(new byte[100_000]);
            for (var i = 0; i < 1000; i++)
            {
                await send(large);
            }
        }, o => o.SlowClientTimeout = TimeSpan.FromMinutes(1), protocols: HttpProtocols.Http2);
        using var handler = Handler();
        using var stalled = await ConnectAsync(server, handler, false, HttpVersion.Version20, "/flood");
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync(server, handler, false, HttpVersion.Version20, "/echo")));
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(others.Select(other => EchoAsync(other, 1000)));
        }

        foreach (var other in others)
        {
            other.Dispose();
        }
    }

    [Test]
    [Proves("W-91")]
    public async Task A_drain_over_http_2_closes_with_1012()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, protocols: HttpProtocols.Http2);
        using var handler = Handler();
        using var client = await ConnectAsync(server, handler, false, HttpVersion.Version20);
        var stopping = server.Host.StopAsync();
        var received = await client.ReceiveAsync(new byte[10], Limit());
        Assert.That(((int?)received.CloseStatus, received.CloseStatusDescription), Is.EqualTo((1012, "")));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
        await stopping;
    }

    [Test]
    [Proves("W-66")]
    public async Task The_platforms_own_client_speaks_deflate_with_us([Values] bool takeover, [Values] bool http2)
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, o =>
        {
            (o.Compression, o.CompressionContextTakeover, o.CompressionMinBytes) = (true, takeover, 0);
        }, protocols: http2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        using var handler = Handler();
        using var client = await ConnectAsync(server, handler, false, http2 ? HttpVersion.Version20 : HttpVersion.Version11, deflate: true);
        for (var round = 0; round < 50; round++)
        {
            foreach (var length in new[] { 0, 16, 1000, 70_000 })
            {
                await EchoAsync(client, length);
            }
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Limit());
    }

    private static CancellationToken Limit() => new CancellationTokenSource(Eventually.Patience).Token;

    private static SocketsHttpHandler Handler() => new()
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost" },
    };

    private static async Task<ClientWebSocket> ConnectAsync(LiveServer server, SocketsHttpHandler handler, bool tls, Version version, string path = "/", bool deflate = false)
    {
        var client = new ClientWebSocket();
        client.Options.HttpVersion = version;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.CollectHttpResponseDetails = true;
        client.Options.DangerousDeflateOptions = deflate ? new WebSocketDeflateOptions() : null;
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        await client.ConnectAsync(new Uri($"{(tls ? "wss" : "ws")}://localhost:{server.Port}{path}"), invoker, Limit());
        return client;
    }

    private static async Task EchoAsync(ClientWebSocket client, int length)
    {
        var message = Encoding.UTF8.GetBytes(new string('a', length / 2) + Convert.ToHexString(RandomNumberGenerator.GetBytes((length / 4) + 1)));
        var sending = client.SendAsync(message, WebSocketMessageType.Text, true, Limit());
        var echo = new byte[message.Length + 1];
        var got = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await client.ReceiveAsync(echo.AsMemory(got), Limit());
            got += result.Count;
        }
        while (!result.EndOfMessage);
        await sending;
        Assert.That(echo.AsSpan(0, got).SequenceEqual(message));
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
