using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>What clients must not do ends their session, or is refused, and nothing else.</summary>
public sealed class FaultTests
{
    private readonly SessionWatch _watch = new();

    private static IEnumerable<TestCaseData> NoPackets =>
    [
        new TestCaseData("abc"u8.ToArray()).SetName("No type"),
        new TestCaseData("9x"u8.ToArray()).SetName("An unknown type"),
        new TestCaseData(Array.Empty<byte>()).SetName("Nothing"),
        new TestCaseData("4a\u001e"u8.ToArray()).SetName("An empty packet behind another"),
        new TestCaseData("\u001e4a"u8.ToArray()).SetName("An empty packet before another"),
        new TestCaseData("bAQI"u8.ToArray().Append((byte)'!').ToArray()).SetName("Base64 of another alphabet"),
        new TestCaseData("bAQIDBA"u8.ToArray()).SetName("Base64 without padding"),
        new TestCaseData("bAQ ID"u8.ToArray()).SetName("Base64 with a blank"),
        new TestCaseData("bAQIDBA==AQID"u8.ToArray()).SetName("Base64 behind its padding"),
        new TestCaseData("b=QID"u8.ToArray()).SetName("Padding before its base64"),
        new TestCaseData(new byte[] { (byte)'4', 0xc3 }).SetName("Half a character"),
        new TestCaseData(new byte[] { (byte)'4', 0xed, 0xa0, 0x80 }).SetName("A surrogate"),
    ];

    [TestCaseSource(nameof(NoPackets))]
    [Proves("S-EIO-31", "S-EIO-36", "S-EIO-43", "SEC-60")]
    public async Task A_body_that_is_no_packet_ends_the_session(byte[] body)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.PostAsync(sid, new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse("text/plain;charset=UTF-8") } });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("parse error"));
        await server.ExpectClosedAsync(sid);
    }

    [TestCase("abc", "parse error", 1002)]
    [TestCase("", "parse error", 1002)]
    [TestCase("9", "parse error", 1002)]
    [TestCase("bAQ", "parse error", 1002)]
    [TestCase("2", "transport error", 1000)]
    [TestCase("2probe", "transport error", 1000)]
    [Proves("S-EIO-32", "S-EIO-35", "S-EIO-36", "S-EIO-43")]
    public async Task A_websocket_that_says_no_packet_is_closed(string text, string reason, int code)
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectAsync();
        await socket.SendTextAsync(text);
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(code));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo(reason));
    }

    [Test]
    [Proves("S-EIO-35")]
    public async Task Polling_clients_send_no_pings_either()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.PostAsync(sid, "2");
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-33")]
    public async Task Of_two_polls_the_first_hears_the_end_and_the_second_is_refused()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var polls = new[] { server.GetAsync(sid), server.GetAsync(sid) };
        var bodies = new List<(HttpStatusCode, string)>();
        foreach (var poll in polls)
        {
            using var answer = await poll;
            bodies.Add((answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }

        Assert.That(bodies, Is.EquivalentTo(new[] { (HttpStatusCode.OK, "1"), (HttpStatusCode.BadRequest, """{"code":3,"message":"Bad request"}""") }));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-34")]
    public async Task Of_two_posts_none_is_taken()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var first = new Unfinished("4never");
        var slow = server.PostAsync(sid, first);
        await first.Begun;
        await Eventually.Is(async () =>
        {
            using var second = await server.PostAsync(sid, "6"); // until the server has begun with the first one, this is alone
            return second.StatusCode == HttpStatusCode.BadRequest;
        });
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        first.Finish();
        using var answer = await slow;
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-37")]
    public async Task Bytes_in_a_body_end_the_session()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.PostAsync(sid, new ByteArrayContent([1, 2]) { Headers = { ContentType = new("application/octet-stream") } });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        await server.ExpectClosedAsync(sid);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-EIO-38", "S-EIO-39", "SEC-61")]
    public async Task A_body_that_is_too_long_is_not_read_to_its_end_and_the_session_lives_on(bool declared)
    {
        await using var server = await StartAsync(options => options.MaxPayload = 1000);
        var sid = await server.OpenAsync();
        var head = $"POST /engine.io/{EngineServer.Polling}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n";
        var body = declared ? "Content-Length: 1001\r\n\r\n4" : $"Transfer-Encoding: chunked\r\n\r\n3e9\r\n4{new string('x', 1000)}\r\n"; // both lack their end
        Assert.That(await server.Live.SendRawAsync(head + body, "}"), Does.StartWith("HTTP/1.1 413").And.EndsWith("""{"code":3,"message":"Payload too large"}"""));
        await server.SendAsync(sid, $"4{new string('y', 999)}");
        Assert.That(await server.PollAsync(sid), Has.Length.EqualTo(1000));
    }

    [Test]
    [Proves("S-EIO-40")]
    public async Task A_websocket_message_that_is_too_long_is_not_awaited()
    {
        await using var server = await StartAsync(options => options.MaxPayload = 1000);
        using var socket = await server.ConnectAsync();
        await socket.SendTextAsync($"4{new string('y', 999)}");
        await socket.SendAsync(Encoding.UTF8.GetBytes($"4{new string('x', 1000)}"), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1009));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport close"));
    }

    [TestCase(true, "transport close")]
    [TestCase(false, "transport error")]
    public async Task A_message_that_was_under_way_when_the_websocket_ended_does_not_change_why(bool isGone, string reason)
    {
        await using var server = await StartAsync();
        var scope = new WebSocketScope { Path = "/engine.io/", QueryString = EngineServer.WebSocket[1..], Services = server.Live.Services };
        var gone = new TaskCompletionSource<Event>();
        var heard = new Queue<Event>([new WebSocketConnect(), WebSocketReceive.FromText("4hello")]);
        var sent = 0;
        var serving = server.Engine.InvokeAsync(scope, _ => heard.TryDequeue(out var next) ? new(next) : new(gone.Task), (_, _) => sent++ < 2 // accepted, and greeted
            ? ValueTask.CompletedTask
            : ValueTask.FromException(isGone ? new ConnectionClosedException() : new InvalidOperationException("as a middleware may")));
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo(reason));
        gone.SetResult(new WebSocketDisconnect(1006));
        await serving;
    }

    [Test]
    [Proves("S-EIO-41")]
    public async Task A_poll_that_is_cut_ends_the_session()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var cut = new CancellationTokenSource();
        var poll = server.GetAsync(sid, cut.Token);
        await _watch.PollingAsync(); // what is cut before it has come is not heard of
        await cut.CancelAsync();
        Assert.That(async () => await poll, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        await server.ExpectClosedAsync(sid);
    }

    [Test]
    [Proves("S-EIO-41")]
    public async Task A_post_that_is_cut_ends_the_session()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var socket = await server.Live.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /engine.io/{EngineServer.Polling}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"));
        await RawHttp.ReadAsync(socket, "100 Continue"); // the body is being read
        await socket.SendAsync(Encoding.ASCII.GetBytes("4half"));
        socket.LingerState = new(true, 0);
        socket.Close();
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        await server.ExpectClosedAsync(sid);
    }

    [TestCase("PUT")]
    [TestCase("DELETE")]
    [TestCase("HEAD")]
    [TestCase("PATCH")]
    [Proves("S-EIO-42")]
    public async Task Other_methods_are_refused_and_harm_nobody(string method)
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        using var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), EngineServer.Path($"{EngineServer.Polling}&sid={sid}")));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        await server.SendAsync(sid, "4still here");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4still here"));
    }

    [Test]
    [Proves("S-EIO-44")]
    public async Task Packets_that_mean_nothing_here_change_nothing()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        await server.SendAsync(sid, "0\u001e5\u001e6\u001e3\u001e3probe\u001e4still here");
        Assert.That(await server.PollAsync(sid), Is.EqualTo("4still here"));
        using var socket = await server.ConnectAsync();
        await socket.ReadTextAsync();
        foreach (var packet in new[] { "0", "5", "6", "3", "3probe", "4still here" })
        {
            await socket.SendTextAsync(packet);
        }

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("4still here"));
    }

    [Test]
    public async Task What_was_sent_before_the_fault_is_heard()
    {
        await using var server = await StartAsync();
        var sid = await server.OpenAsync();
        var poll = server.PollAsync(sid);
        await _watch.PollingAsync();
        using var answer = await server.PostAsync(sid, "4first\u001eabc");
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("parse error"));
        Assert.That(await poll, Is.AnyOf("4first", "1", "4first\u001e1"), "whether the echo was faster than the end");
    }

    private Task<EngineServer> StartAsync(Action<EngineIOOptions>? options = null) => EngineServer.StartAsync(_watch.RunAsync, options);

    /// <summary>A body that begins, and ends when it is told to.</summary>
    private sealed class Unfinished(string beginning) : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public void Finish() => _finish.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(beginning));
            await stream.FlushAsync();
            _begun.SetResult();
            await _finish.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
