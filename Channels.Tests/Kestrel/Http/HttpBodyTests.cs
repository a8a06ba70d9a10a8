using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Request bodies: streamed, bounded, and ended by whoever goes first.</summary>
public sealed class HttpBodyTests
{
    private readonly ConcurrentQueue<Event> _events = new(); // the application's last comes after the client has its answer

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(16)]
    [TestCase(1000)]
    [Proves("C-HTTP-07", "C-HTTP-08", "C-HTTP-20")]
    public async Task A_body_comes_in_parts_ends_with_more_body_false_and_then_only_the_disconnect_comes(int length)
    {
        var body = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        await using var app = await LiveServer.StartFunctionAsync(RecordAsync, builder => builder.Set("Channels:Server:MaxRequestPartBytes", "8"));

        using var answer = await app.Http.PostAsync("/", new ByteArrayContent(body));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await Eventually.Is(() => _events.LastOrDefault() is HttpDisconnect); // after the response nothing else comes
        var parts = _events.OfType<HttpRequest>().ToList();
        Assert.That(parts.SelectMany(part => part.Body.ToArray()), Is.EqualTo(body));
        Assert.That(parts.Select(part => part.Body.Length), Has.All.LessThanOrEqualTo(8));
        Assert.That(parts.Select(part => part.MoreBody), Is.EqualTo(Enumerable.Repeat(true, parts.Count - 1).Append(false)));
    }

    [Test]
    public async Task A_second_receive_while_one_is_outstanding_is_an_error_here_and_with_communicators([Values] bool live)
    {
        Exception? error = null;
        async Task RunAsync(Scope scope, Receive receive, Send send)
        {
            await receive();
            var first = receive();
            error = Assert.CatchAsync(async () => await receive());
            await send.TextAsync("ok");
            Assert.That(await first, Is.TypeOf<HttpDisconnect>());
            Assert.That(await receive(), Is.TypeOf<HttpDisconnect>(), "it comes again");
        }

        if (live)
        {
            await using var app = await LiveServer.StartFunctionAsync(RunAsync);
            Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        }
        else
        {
            await using var request = Channels.Testing.Communicator.Http(RunAsync, "GET", "/");
            await request.GetResponseAsync();
            await request.WaitAsync();
        }

        Assert.That(error, Is.TypeOf<InvalidOperationException>().With.Message.Contains("one call at a time"));
    }

    [Test]
    public async Task Parts_are_copies_that_may_be_kept()
    {
        await using var app = await LiveServer.StartFunctionAsync(RecordAsync, builder => builder.Set("Channels:Server:MaxRequestPartBytes", "4"));
        await app.Http.PostAsync("/", new StringContent("aaaabbbbcccc"));
        await app.Http.PostAsync("/", new StringContent("dddd"));

        Assert.That(string.Concat(_events.OfType<HttpRequest>().Select(part => Encoding.ASCII.GetString(part.Body.Span))), Is.EqualTo("aaaabbbbccccdddd"));
    }

    [Test]
    public async Task The_application_sees_the_first_part_before_the_last_is_sent()
    {
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            first.TrySetResult(Encoding.ASCII.GetString(((HttpRequest)await receive()).Body.Span));
            await receive.ReadBodyAsync();
            await send.TextAsync("ok");
        });
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello"u8.ToArray());

        Assert.That(await first.Task.WaitAsync(Eventually.Patience), Is.EqualTo("hello"));
        await socket.SendAsync("world"u8.ToArray());
        Assert.That(await RawHttp.ReadAsync(socket), Does.StartWith("HTTP/1.1 200 "));
    }

    [Test]
    public async Task The_go_ahead_is_sent_only_when_the_application_receives()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            called.TrySetResult();
            if (scope is HttpScope { Path: "/read" })
            {
                await go.Task;
                await receive.ReadBodyAsync();
            }

            await send.TextAsync("ok");
        });
        const string head = "HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /read {head}"));
        await called.Task.WaitAsync(Eventually.Patience);
        Assert.That(socket.Available, Is.Zero);
        go.SetResult();
        Assert.That(await RawHttp.ReadAsync(socket, "\r\n\r\n"), Is.EqualTo("HTTP/1.1 100 Continue\r\n\r\n"));
        await socket.SendAsync("hello"u8.ToArray());
        Assert.That(await RawHttp.ReadAsync(socket), Does.StartWith("HTTP/1.1 200 "));

        Assert.That(await app.SendRawAsync($"POST /ignore {head}", until: "ok"), Does.StartWith("HTTP/1.1 200 "));
    }

    [Test]
    public async Task An_announced_body_over_the_limit_gets_413_before_any_code_runs()
    {
        var called = false;
        await using var app = await LiveServer.StartFunctionAsync(
            (scope, receive, send) =>
            {
                called = true;
                return send.TextAsync("ok");
            },
            builder => builder.Set("Channels:Server:MaxRequestBodyBytes", "10"));

        Assert.That((await app.Http.PostAsync("/", new ByteArrayContent(new byte[11]))).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(called, Is.False);
        Assert.That((await app.Http.PostAsync("/", new ByteArrayContent(new byte[10]))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_chunked_body_over_the_limit_gets_413_and_the_application_a_disconnect()
    {
        await using var app = await LiveServer.StartFunctionAsync(RecordAsync, builder => builder.Set("Channels:Server:MaxRequestBodyBytes", "10"));

        var answer = await app.SendRawAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n");

        Assert.That(answer, Does.StartWith("HTTP/1.1 413 "));
        await Eventually.Is(() => _events.LastOrDefault() is HttpDisconnect);
    }

    [TestCase("Content-Length: 8000000\r\n", "")]
    [TestCase("Transfer-Encoding: chunked\r\n", "7a1200\r\n")]
    [Proves("FA-16")]
    public async Task A_client_that_sends_its_long_body_to_the_end_before_it_reads_still_finds_the_413(string framing, string chunk)
    {
        await using var app = await LiveServer.StartFunctionAsync(
            async (scope, receive, send) =>
            {
                await receive.ReadBodyAsync();
                await send.TextAsync("ok");
            },
            builder => Patiently(builder).Set("Channels:Server:MaxRequestBodyBytes", "1000000"));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n{chunk}"), limit.Token);
        for (var sent = 0; sent < 8_000_000; sent += 80_000)
        {
            await socket.SendAsync(new byte[80_000], limit.Token);
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes(chunk.Length == 0 ? "" : "\r\n0\r\n\r\n"), limit.Token);
        Assert.That(await RawHttp.ReadAsync(socket, cancellationToken: limit.Token), Does.StartWith("HTTP/1.1 413 ").And.Contain("Connection: close"));
    }

    [TestCase("/fail", "HTTP/1.1 500 ")]
    [TestCase("/refuse", "HTTP/1.1 401 ")]
    [TestCase("/read", "HTTP/1.1 413 ")]
    [Proves("FA-16")]
    public async Task A_client_that_sends_its_body_to_the_end_finds_whatever_the_last_answer_of_the_connection_is(string path, string status)
    {
        await using var app = await LiveServer.StartFunctionAsync(
            async (scope, receive, send) =>
            {
                switch (((HttpScope)scope).Path)
                {
                    case "/fail":
                        throw new InvalidOperationException("before the body was read");
                    case "/refuse":
                        await send.TextAsync("no entry", 401);
                        break;
                    default:
                        await receive.ReadBodyAsync();
                        break;
                }
            },
            builder => Patiently(builder).Set("Channels:Server:MaxRequestBodyBytes", path == "/read" ? "1000000" : "0"));
        using var limit = new CancellationTokenSource(Eventually.Patience);
        using var socket = await app.OpenSocketAsync();
        var expect = path == "/read" ? "Expect: 100-continue\r\n" : "";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{expect}\r\n"), limit.Token);
        if (expect.Length > 0)
        {
            await RawHttp.ReadAsync(socket, "100 Continue\r\n\r\n", cancellationToken: limit.Token);
        }

        for (var sent = 0; sent < 8_000_000; sent += 80_000)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"13880\r\n{new string('a', 80_000)}\r\n"), limit.Token);
        }

        await socket.SendAsync("0\r\n\r\n"u8.ToArray(), limit.Token);
        Assert.That(await RawHttp.ReadAsync(socket, cancellationToken: limit.Token), Does.StartWith(status).And.Contain("Connection: close"));
    }

    [Test]
    [Proves("FA-16")]
    public async Task A_client_that_never_ends_its_long_body_is_cut_after_a_while()
    {
        var time = new ManualTimeProvider();
        await using var app = await LiveServer.StartFunctionAsync((scope, receive, send) => send.TextAsync("ok"), builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Set("Channels:Server:MaxRequestBodyBytes", "10");
        });
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhello"u8.ToArray());
        Assert.That(await RawHttp.ReadAsync(socket, "too long"), Does.StartWith("HTTP/1.1 413 "));
        var end = RawHttp.ReadAsync(socket);
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return end.IsCompleted;
        });
        Assert.That((await end).Trim(), Is.EqualTo(".").Or.Empty);
    }

    [Test]
    public async Task Zero_means_no_limit()
    {
        var length = 0;
        await using var app = await LiveServer.StartFunctionAsync(
            async (scope, receive, send) =>
            {
                while (await receive() is HttpRequest part)
                {
                    length += part.Body.Length;
                    if (!part.MoreBody)
                    {
                        break;
                    }
                }

                await send.TextAsync("ok");
            },
            builder => builder.Set("Channels:Server:MaxRequestBodyBytes", "0"));

        Assert.That((await app.Http.PostAsync("/", new ByteArrayContent(new byte[31_000_000]))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(length, Is.EqualTo(31_000_000));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("REL-53")]
    public async Task A_client_that_goes_away_is_a_disconnect_and_trips_the_scope(bool whileBodyIsRead)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var result = new TaskCompletionSource<(Event, Exception?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            scope.Aborted.Register(() => aborted.TrySetResult());
            await receive();
            ready.TrySetResult();
            var next = await receive();
            await aborted.Task;
            result.TrySetResult((next, Assert.CatchAsync(async () => await send(new HttpResponseStart(200)))));
        });
        using (var socket = await app.OpenSocketAsync())
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(whileBodyIsRead
                ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello"
                : "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
            await ready.Task.WaitAsync(Eventually.Patience);
        }

        var (last, error) = await result.Task.WaitAsync(Eventually.Patience);
        Assert.That(last, Is.TypeOf<HttpDisconnect>());
        Assert.That(error, Is.TypeOf<ConnectionClosedException>());
    }

    [Test]
    public async Task A_receive_that_is_given_up_loses_nothing()
    {
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            using var given = new CancellationTokenSource();
            var waiting = receive(given.Token).AsTask();
            await given.CancelAsync();
            Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody("go"u8.ToArray(), MoreBody: true));
            await send(new HttpResponseBody(await receive.ReadBodyAsync()));
        });
        using var socket = await app.OpenSocketAsync();
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"u8.ToArray());
        await RawHttp.ReadAsync(socket, "go");
        await socket.SendAsync("hello"u8.ToArray());

        Assert.That(await RawHttp.ReadAsync(socket), Does.Contain("hello"));
    }

    // What is left of a body is waited for, however slowly a busy machine sends it.
    private static ChannelsHostBuilder Patiently(ChannelsHostBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider());
        return builder;
    }

    private async Task RecordAsync(Scope scope, Receive receive, Send send)
    {
        Event next;
        do
        {
            _events.Enqueue(next = await receive());
        }
        while (next is HttpRequest { MoreBody: true });

        if (next is HttpDisconnect)
        {
            return;
        }

        await send.TextAsync("ok");
        _events.Enqueue(await receive());
    }
}
