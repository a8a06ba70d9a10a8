using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Requests that must not get through: malformed, smuggled, ambiguous.</summary>
public sealed class HttpIntakeTests
{
    private int _calls;

    [TestCase("GET /\u00e9 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [TestCase("GET /?\u00e9 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [TestCase("GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [Proves("C-HTTP-09")]
    public Task Bytes_outside_ascii_in_the_target_are_refused(string request) => RefusedAsync(request);

    [TestCase("a b")]
    [TestCase("a\0b")]
    [TestCase("a\u0001b")]
    [TestCase("a\u00ffb")]
    [TestCase("a(b")]
    [Proves("C-HTTP-10")]
    public Task Header_names_that_are_no_tokens_are_refused(string name) =>
        RefusedAsync($"GET / HTTP/1.1\r\nHost: h\r\n{name}: x\r\n\r\n");

    [Test]
    [Proves("C-HTTP-11", "SEC-11")]
    public async Task Control_bytes_in_values_are_refused_and_not_echoed(
        [Values('\u0000', '\u0001', '\u000b', '\u000c', '\u001c', '\u001d', '\u001e', '\u007f', '\u0085')] char control,
        [Values(false, true)] bool upgrade)
    {
        var upgradeHeaders = upgrade ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" : "";
        var answer = await RefusedAsync($"GET / HTTP/1.1\r\nHost: h\r\n{upgradeHeaders}X-A: before{control}X-Admin: secret\r\n\r\n");

        Assert.That(answer, Does.Not.Contain("secret"));
    }

    [Test]
    [Proves("SEC-11")]
    public async Task NEL_as_utf8_is_refused_too() =>
        await RefusedAsync("GET / HTTP/1.1\r\nHost: h\r\nX-A: a\u00c2\u0085b\r\n\r\n");

    [Test]
    [Proves("SEC-11")]
    public async Task A_tab_in_a_value_is_allowed()
    {
        string? seen = null;
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope => seen = scope.Headers["x-a"]));
        await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nX-A: a\tb\r\nConnection: close\r\n\r\n");

        Assert.That(seen, Is.EqualTo("a\tb"));
    }

    [TestCase("Host: h\r\nHost: g")]
    [TestCase("Host: h\r\nOrigin: http://a\r\nOrigin: http://b")]
    [TestCase("Host: h\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key: BAAAAAAAAAAAAAAAAAAAAA==")]
    [TestCase("Host: h\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8")]
    [Proves("SEC-10")]
    public Task Repeated_single_value_headers_are_refused(string headers) => RefusedAsync($"GET / HTTP/1.1\r\n{headers}\r\n\r\n");

    [TestCase("GET / HTTP/1.1\r\nHost: h\r\nX-A: a\r\n folded\r\n\r\n", TestName = "Folded_headers_are_refused")]
    [TestCase("GET / HTTP/1.1\r\nHost: h\r\nX-A: a\rX-B: b\r\n\r\n", TestName = "A_bare_carriage_return_is_refused")]
    [TestCase("GET / HTTP/1.1\r\n\r\n", TestName = "A_request_without_host_is_refused")]
    [TestCase("GET / HTTP/1.1\r\nHost : h\r\n\r\n", TestName = "Blank_before_the_colon_is_refused")]
    [TestCase("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", TestName = "Two_lengths_are_refused")]
    [TestCase("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", TestName = "An_unknown_transfer_coding_is_refused")]
    [Proves("SEC-13")]
    public Task Malformed_requests(string request) => RefusedAsync(request);

    [Test]
    [Proves("SEC-13")]
    public async Task Length_beside_chunks_gives_no_second_request()
    {
        await using var app = await StartAsync();
        var smuggled = "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n";
        var answer = await app.SendRawAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {5 + smuggled.Length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}");

        Assert.That(_calls, Is.LessThanOrEqualTo(1));
        Assert.That(answer.Split("HTTP/1.1 ").Length - 1, Is.EqualTo(1));
    }

    [TestCase("5;a\nb\r\nhello\r\n0\r\n\r\n")]
    [TestCase("5\n\nhello\r\n0\r\n\r\n")]
    [TestCase("-5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("fffffffffffffffff\r\nhello\r\n0\r\n\r\n")]
    [Proves("SEC-13")]
    public async Task Chunk_tricks_end_in_400_and_the_application_sees_a_disconnect(string chunks)
    {
        Event? last = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            Event? next;
            do
            {
                last = next = await receive();
            }
            while (next is HttpRequest { MoreBody: true });

            await send.TextAsync("read");
        });

        var answer = await app.SendRawAsync($"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.That(last, Is.TypeOf<HttpDisconnect>());
        Assert.That(answer, Does.StartWith("HTTP/1.1 400 "));
        Assert.That(answer.Split("HTTP/1.1 ").Length - 1, Is.EqualTo(1));
    }

    [Test]
    [Proves("SEC-12")]
    public async Task A_hundred_long_headers_are_accepted_and_one_more_is_refused()
    {
        await using var app = await StartAsync();
        string Request(int count) => $"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{string.Concat(Enumerable.Range(2, count - 2).Select(i => $"X-{i}: {new string('a', 290)}\r\n"))}\r\n";

        Assert.That(await app.SendRawAsync(Request(100)), Does.StartWith("HTTP/1.1 200 "));
        Assert.That(await app.SendRawAsync(Request(101)), Does.StartWith("HTTP/1.1 431 "));
    }

    [TestCase("CONNECT a.example:8443 HTTP/1.1\r\nHost: a.example:8443\r\n\r\n")]
    [TestCase("CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [TestCase("CONNECT a.example:8443 HTTP/1.1\r\nHost: a.example:8443\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")]
    [Proves("FA-10")]
    public async Task A_tunnel_is_refused_and_what_comes_through_it_is_no_request(string request)
    {
        await using var app = await StartAsync();
        var answer = await app.SendRawAsync(request + "GET /admin HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");

        Assert.That(answer, Does.Match("^HTTP/1.1 (400|501) ").And.Contain("Connection: close\r\n"));
        Assert.That(answer.Split("HTTP/1.1 ").Length - 1, Is.EqualTo(1));
        Assert.That(_calls, Is.Zero, "no code of the application runs");
    }

    [Test]
    [Proves("FA-10")]
    public async Task A_tunnel_over_http_2_is_refused_too()
    {
        var log = new LogRecord();
        await using var app = await StartAsync(new() { ["Kestrel:EndpointDefaults:Protocols"] = "Http2" }, log);

        // SETTINGS, and HEADERS with a method and an authority alone (RFC 9113, section 8.5).
        byte[] headers = [0x02, 7, .. "CONNECT"u8, 0x01, 3, .. "a:1"u8];
        byte[] request = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, (byte)headers.Length, 1, 4, 0, 0, 0, 1, .. headers];

        Assert.That(await app.SendRawAsync(request, "No tunnels"), Does.Contain("501"));
        Assert.That((_calls, log.Errors.Count), Is.EqualTo((0, 0)));
    }

    [TestCase("Upgrade: websocket\r\nConnection: close, x")]
    [TestCase("Upgrade: xwebsocket\r\nConnection: Upgrade")]
    [TestCase("Upgrade: h2c, websocket")]
    [TestCase("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA")]
    [Proves("FG-13")]
    public async Task A_request_for_another_protocol_that_is_served_as_http_is_the_connections_last(string upgrade)
    {
        await using var app = await StartAsync();
        var answer = await app.SendRawAsync($"GET / HTTP/1.1\r\nHost: h\r\n{upgrade}\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.That(answer, Does.StartWith("HTTP/1.1 200 ").And.Contain("Connection: close\r\n"));
        Assert.That(_calls, Is.EqualTo(1));
    }

    [Test]
    [Proves("SEC-08")]
    public async Task Only_allowed_hosts_are_served()
    {
        await using var app = await StartAsync(new() { ["Channels:Server:AllowedHosts:0"] = "example.com", ["Channels:Server:AllowedHosts:1"] = ".sub.example.org" });
        async Task<string> Status(string host) => (await app.SendRawAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))[9..12];

        Assert.That(await Status("example.com"), Is.EqualTo("200"));
        Assert.That(await Status("EXAMPLE.com:8000"), Is.EqualTo("200"));
        Assert.That(await Status("sub.example.org"), Is.EqualTo("200"));
        Assert.That(await Status("a.sub.example.org"), Is.EqualTo("200"));
        Assert.That(await Status("evilsub.example.org"), Is.EqualTo("400"));
        Assert.That(await Status("www.example.com"), Is.EqualTo("400"));
        Assert.That(await Status("example.com.evil.org"), Is.EqualTo("400"));
        Assert.That(await Status(""), Is.EqualTo("400"));
        Assert.That(await Status("..sub.example.org"), Is.EqualTo("400"));
        Assert.That(await Status("a..sub.example.org"), Is.EqualTo("400"));
        Assert.That(_calls, Is.EqualTo(4));
    }

    private Task<LiveServer> StartAsync(Dictionary<string, string?>? settings = null, LogRecord? log = null) => LiveServer.StartFunctionAsync(
        async (scope, receive, send) =>
        {
            Interlocked.Increment(ref _calls);
            await send.TextAsync("ok");
        },
        builder =>
        {
            builder.Set(settings);
            if (log is not null)
            {
                builder.Logging.AddProvider(log);
            }
        });

    private async Task<string> RefusedAsync(string request)
    {
        await using var app = await StartAsync();
        var answer = await app.SendRawAsync(Encoding.Latin1.GetBytes(request));

        Assert.That(answer, Does.StartWith("HTTP/1.1 400 "));
        Assert.That(_calls, Is.Zero, "no code of the application runs");
        return answer;
    }
}
