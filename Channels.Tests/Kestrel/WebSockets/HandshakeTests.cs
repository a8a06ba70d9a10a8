using System.Text;
using Channels.Kestrel;
using Channels.Tests.Support;
using static Channels.Tests.Kestrel.WebSockets.RawWebSocketClient;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class HandshakeTests
{
    [Test]
    [Proves("W-05")]
    public void The_accept_value_is_that_of_the_RFC() =>
        Assert.That(WebSocketHandshake.AcceptValue("dGhlIHNhbXBsZSBub25jZQ=="), Is.EqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));

    [Test]
    [Proves("C-WS-01", "W-02", "W-05", "W-06", "W-07")]
    public async Task An_upgrade_is_answered_with_101()
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(Request("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: foo; bar, permessage-deflate\r\n", upgrade: "foo, WebSocket", connection: "keep-alive, UPGRADE")));
        var head = await client.ReadHeadAsync();
        Assert.Multiple(() =>
        {
            Assert.That(head, Does.StartWith("HTTP/1.1 101 "));
            Assert.That(head, Does.Contain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
            Assert.That(head, Does.Contain("Upgrade: websocket\r\n").And.Contain("Connection: Upgrade\r\n"));
            Assert.That(head, Does.Not.Contain("Sec-WebSocket-Protocol").And.Not.Contain("Sec-WebSocket-Extensions"));
        });
        Assert.That(await log.NextAsync(), Is.SameAs(WebSocketConnect.Instance));
    }

    private static readonly object[] Refused =
    [
        new object[] { Request(method: "POST"), "405" },
        new object[] { Request(version: "HTTP/1.0"), "400" },
        new object[] { Request(key: null), "400" },
        new object[] { Request(key: ""), "400" },
        new object[] { Request(key: "dGhlIHNhbXBsZSBub25jZQ"), "400" },
        new object[] { Request(key: "dGhlIHNhbXBsZSBub25jZTE="), "400" },
        new object[] { Request(key: "!!!!IHNhbXBsZSBub25jZQ=="), "400" },
        new object[] { Request($"Sec-WebSocket-Key: {Key}\r\n"), "400" },
        new object[] { Request(wsVersion: null), "426" },
        new object[] { Request(wsVersion: "8"), "426" },
        new object[] { Request("Sec-WebSocket-Version: 13\r\n"), "400" },
        new object[] { Request("Origin: http://a\r\nOrigin: http://b\r\n"), "400" },
        new object[] { Request("Sec-WebSocket-Protocol: a b\r\n"), "400" },
    ];

    [TestCaseSource(nameof(Refused))]
    [Proves("W-01", "W-03", "W-04", "SEC-10")]
    public async Task Faulty_handshakes_are_refused_before_the_application(string request, string status)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log));
        using var client = await ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        var head = await client.ReadHeadAsync();
        Assert.That(head.Split(' ')[1], Is.EqualTo(status));
        Assert.That(status != "426" || head.Contains("Sec-WebSocket-Version: 13\r\n", StringComparison.Ordinal));
        Assert.That(log.All, Is.Empty);
    }

    [TestCaseSource(nameof(Refused))]
    [Proves("FG-13")]
    public async Task What_comes_behind_a_refused_handshake_is_no_request(string request, string status)
    {
        await using var server = await WebSocketServer.StartAsync((_, _, _) => throw new AssertionException("no code of the application runs"));
        var answer = await server.SendRawAsync(request + "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} ").And.Contain("Connection: close\r\n"));
        Assert.That(answer, Does.Not.Contain("HTTP/1.1 500"), "nor is it answered");
    }

    [TestCase(404)]
    [TestCase(200)]
    [Proves("FG-13")]
    public async Task What_comes_behind_an_applications_denial_is_no_request(int status)
    {
        var calls = 0;
        await using var server = await WebSocketServer.StartAsync(async (_, _, send) =>
        {
            calls++;
            await send(new WebSocketDenialStart(status));
            await send(new WebSocketDenialBody("no"u8.ToArray()));
        });
        var answer = await server.SendRawAsync(Request() + "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} ").And.Contain("Connection: close\r\n"));
        Assert.That(calls, Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Proves("FA-9")]
    public async Task An_acceptance_that_cannot_be_sent_is_the_applications_error_and_500_to_the_client(bool http2)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(
            async (_, receive, send) =>
            {
                await receive();
                log.Add(Assert.CatchAsync(async () => await send(new WebSocketAccept(null, new HeaderList { { "x-name", "\u00e9" } })))!);
                throw new InvalidOperationException("the application gives up");
            },
            protocols: http2 ? Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2 : Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1);

        var error = Assert.CatchAsync<System.Net.WebSockets.WebSocketException>(() => server.ConnectAsync("/", options =>
        {
            options.HttpVersion = http2 ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11;
            options.HttpVersionPolicy = System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        }))!;
        Assert.That(error.Message, Does.Contain("500"));
        Assert.That((await log.NextAsync<IllegalEventException>()).Message, Does.Contain("x-name"));
    }

    [Test]
    [Proves("W-02")]
    public async Task A_request_without_both_headers_is_plain_http()
    {
        await using var server = await WebSocketServer.StartAsync(async (scope, _, send) =>
        {
            await send(new HttpResponseStart(scope is HttpScope ? 204 : 500));
            await send(new HttpResponseBody());
        });
        foreach (var request in new[] { Request(upgrade: "h2c"), Request(connection: "keep-alive") })
        {
            using var client = await ConnectAsync(server.Port);
            await client.SendAsync(Encoding.ASCII.GetBytes(request));
            Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 204"));
        }
    }

    [Test]
    [Proves("W-09")]
    public async Task Octets_behind_the_request_head_are_frames_none_lost_none_twice()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        foreach (var count in new[] { 1, 3, 2000 })
        {
            var pipelined = Enumerable.Range(0, count).SelectMany(i => RawFrame.ClientText($"early {i}")).ToArray();
            using var client = await OpenAsync(server.Port, pipelined: pipelined);
            for (var i = 0; i < count; i++)
            {
                Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo($"early {i}"));
            }

            await client.SendTextAsync("late");
            Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("late"));
        }
    }

    [Test]
    [Proves("W-09")]
    public async Task Half_a_frame_behind_the_request_head_is_completed_later()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        var frame = RawFrame.ClientText("in two parts");
        using var client = await OpenAsync(server.Port, pipelined: frame[..5]);
        await client.SendAsync(frame.AsMemory(5));
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("in two parts"));
    }

    [Test]
    [Proves("C-WS-03", "W-06")]
    public async Task The_chosen_subprotocol_is_answered_and_all_offers_are_in_the_scope()
    {
        var offered = new TaskCompletionSource<IReadOnlyList<string>>();
        await using var server = await WebSocketServer.StartAsync(async (scope, receive, send) =>
        {
            offered.SetResult(((WebSocketScope)scope).Subprotocols);
            await receive();
            await send(new WebSocketAccept("b"));
            await receive();
        });
        using var client = await OpenAsync(server.Port, "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n");
        Assert.That(client.ResponseHead, Does.Contain("Sec-WebSocket-Protocol: b\r\n"));
        Assert.That(await offered.Task, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    [Proves("C-WS-04", "C-WS-24", "W-12", "FA-8")]
    public async Task Accepting_what_was_not_offered_or_belongs_to_the_server_is_an_error_and_may_be_repeated_rightly()
    {
        await using var server = await WebSocketServer.StartAsync(async (_, receive, send) =>
        {
            await receive();
            Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketAccept("c")));
            Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketAccept("a\r\nx: y")));
            foreach (var header in new[] { "sec-websocket-protocol", "sec-websocket-accept", "connection", "upgrade", "transfer-encoding" })
            {
                Assert.ThrowsAsync<IllegalEventException>(async () => await send(new WebSocketAccept(null, new HeaderList { { header, "x" } })));
            }

            Assert.Throws<ArgumentException>(() => new HeaderList().Add("x", "a\r\nb: c"));
            await send(new WebSocketAccept("a", new HeaderList { { "X-Room", "1" }, { "X-Room", "2" } }));
            await receive();
        });
        using var client = await OpenAsync(server.Port, "Sec-WebSocket-Protocol: a\r\n");
        Assert.That(client.ResponseHead.ToLowerInvariant(), Does.Contain("x-room: 1\r\n").And.Contain("x-room: 2\r\n"));
    }

    [Test]
    [Proves("W-10")]
    public async Task Nothing_is_written_between_101_and_the_first_send()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo);
        using var client = await OpenAsync(server.Port);
        await client.SendAsync(RawFrame.Client(9, "x"u8));
        Assert.That((await client.ReadFrameAsync()).Opcode, Is.EqualTo(10)); // the first octets behind the head
    }

    [TestCase("http://localhost", true)]
    [TestCase("http://evil.example", false)]
    [TestCase("null", false)]
    [TestCase(null, true)]
    [Proves("SEC-01")]
    public async Task By_default_the_origin_must_name_our_own_host(string? origin, bool allowed)
    {
        var log = new EventLog();
        await using var server = await WebSocketServer.StartAsync(Applications.Recording(log), o => o.CheckOrigin = true);
        using var client = await ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(Request(origin is null ? "" : $"Origin: {origin}\r\n")));
        Assert.That(await client.ReadHeadAsync(), Does.StartWith(allowed ? "HTTP/1.1 101" : "HTTP/1.1 403"));
        Assert.That(allowed || log.All.IsEmpty); // SEC-17
    }

    [Test]
    [Proves("SEC-02")]
    public async Task A_missing_origin_can_be_refused()
    {
        await using var server = await WebSocketServer.StartAsync(Applications.Echo, o => o.CheckOrigin = o.RequireOrigin = true);
        using var client = await ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(Request()));
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 403"));
    }
}
