using System.Net;
using System.Net.WebSockets;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Requests that last: event streams and kept-open polls are counted, and end cleanly when the server stops.</summary>
public sealed class LongRequestTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly LogRecord _log = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Test]
    [Proves("FA-17")]
    public async Task A_stop_completes_an_event_stream_and_says_when_to_come_back()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stream = Consumer.Of<Stream>(ended).ToApplication();
        await using var app = await StartAsync((scope, receive, send) =>
        {
            var isOpen = false;
            return stream(
                scope,
                cancellationToken =>
                {
                    var next = receive(cancellationToken);
                    if (isOpen && !next.IsCompleted)
                    {
                        _reached.TrySetResult(); // from here on it is not at work; what came at once is the request's body, which is empty
                    }

                    return next;
                },
                async (message, cancellationToken) =>
                {
                    await send(message, cancellationToken);
                    isOpen |= message is HttpResponseBody;
                });
        });
        var (answer, stopping) = await StopAfterAsync(app);

        Assert.That(await answer, Does.Match("retry: [1-4][0-9]{3}\n\n\r\n0\r\n\r\n$"));
        await Task.WhenAll(ended.Task, stopping).WaitAsync(Eventually.Patience);
        Assert.That(_log.Errors, Is.Empty);
    }

    [Test]
    [Proves("FA-17")]
    public async Task A_stop_answers_a_poll_that_is_kept_open()
    {
        var poll = Consumer.Of<Poll>(_reached).ToApplication();
        await using var app = await StartAsync(poll);
        var (answer, stopping) = await StopAfterAsync(app);

        Assert.That(await answer, Does.StartWith("HTTP/1.1 204 "));
        await stopping.WaitAsync(Eventually.Patience);
        Assert.That(_log.Errors, Is.Empty);
    }

    [Test]
    [Proves("FA-17")]
    public async Task An_application_that_waits_is_told_of_the_stop_and_may_leave_the_answer_to_the_server()
    {
        Event? last = null;
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await receive();
            _reached.SetResult();
            last = await receive();
        });
        var (answer, stopping) = await StopAfterAsync(app);

        Assert.That(await answer, Does.StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 5\r\n").And.Contain("stopping"));
        await stopping.WaitAsync(Eventually.Patience);
        Assert.That(last, Is.EqualTo(new HttpDisconnect { IsServerStopping = true }));
        Assert.That(_log.Errors, Is.Empty);
    }

    [TestCase("text/event-stream", true)]
    [TestCase("application/x-ndjson", false)]
    [Proves("FA-17")]
    public async Task What_an_application_leaves_open_is_completed_only_where_a_cut_cannot_be_taken_for_the_end(string type, bool complete)
    {
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await receive();
            await send(new HttpResponseStart(200, new HeaderList { { "content-type", type } }));
            await send(new HttpResponseBody("open\n\n"u8.ToArray(), MoreBody: true));
            await receive();
        });
        var (answer, stopping) = await StopAfterAsync(app, "open");

        Assert.That((await answer).EndsWith("0\r\n\r\n", StringComparison.Ordinal), Is.EqualTo(complete));
        await stopping.WaitAsync(Eventually.Patience);
    }

    [Test]
    [Proves("FA-17")]
    public async Task An_event_stream_whose_application_is_at_work_is_completed_and_its_next_send_finds_nobody()
    {
        Exception? late = null;
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "content-type", "text/event-stream" } }));
            await send(new HttpResponseBody("open\n\n"u8.ToArray(), MoreBody: true));
            await _go.Task;
            late = Assert.CatchAsync(async () => await send(new HttpResponseBody("late\n\n"u8.ToArray(), MoreBody: true)));
        });
        var (answer, stopping) = await StopAfterAsync(app, "open", until: "0\r\n\r\n"); // its end, while the application is still at work
        Assert.That(await answer, Does.EndWith("0\r\n\r\n"));
        _go.SetResult();
        await stopping.WaitAsync(Eventually.Patience);

        Assert.That(late, Is.TypeOf<ConnectionClosedException>());
    }

    [Test]
    [Proves("FA-17")]
    public async Task An_event_stream_that_the_stop_finds_without_a_body_ends_behind_its_first_part()
    {
        Exception? late = null;
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "content-type", "text/event-stream" } }));
            if (((HttpScope)scope).Path == "/other")
            {
                await send(new HttpResponseBody("open\n\n"u8.ToArray(), MoreBody: true));
                await receive();
                await receive();
                return;
            }

            _reached.SetResult();
            await _go.Task;
            await send(new HttpResponseBody("first\n\n"u8.ToArray(), MoreBody: true));
            late = Assert.CatchAsync(async () =>
            {
                while (true)
                {
                    await send(new HttpResponseBody("late\n\n"u8.ToArray(), MoreBody: true));
                    await Task.Yield();
                }
            });
        });
        using var silent = await app.OpenSocketAsync();
        await silent.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        await _reached.Task.WaitAsync(Eventually.Patience);
        using var other = await app.OpenSocketAsync();
        await other.SendAsync("GET /other HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        await RawHttp.ReadAsync(other, "open");
        var stopping = app.Host.StopAsync();
        await RawHttp.ReadAsync(other); // asked after the silent one, which came first
        _go.SetResult();

        Assert.That(await RawHttp.ReadAsync(silent), Does.Contain("first").And.EndWith("0\r\n\r\n"));
        await stopping.WaitAsync(Eventually.Patience);
        Assert.That(late, Is.TypeOf<ConnectionClosedException>());
    }

    [Test]
    [Proves("FA-17")]
    public async Task From_the_beginning_of_a_stop_no_event_stream_begins_and_other_requests_are_served()
    {
        var time = new ManualTimeProvider();
        var stream = Consumer.Of<Stream>(_reached).ToApplication();
        await using var app = await LiveServer.StartFunctionAsync(
            (scope, receive, send) => ((HttpScope)scope).Path == "/stream" ? stream(scope, receive, send) : send.TextAsync("ok"),
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Set("Channels:Server:ReadinessGrace", "00:00:10");
            });
        var stopping = app.Host.StopAsync();
        await Eventually.Is(async () =>
        {
            using var socket = await app.OpenSocketAsync();
            await socket.SendAsync("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
            return (await RawHttp.ReadAsync(socket, "\r\n\r\n")).StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal);
        });
        Assert.That(await app.SendRawAsync("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"), Does.StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 5\r\n").And.Contain("stopping"));
        Assert.That(await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 200 "));
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return stopping.IsCompleted;
        });
    }

    [Test]
    [Proves("FA-17")]
    public async Task A_response_of_known_length_is_finished_although_its_application_watches_for_the_end()
    {
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await receive();
            var watching = receive().AsTask();
            await send(new HttpResponseStart(200, new HeaderList { { "content-length", "10" } }));
            await send(new HttpResponseBody("hello"u8.ToArray(), MoreBody: true));
            await Task.WhenAny(watching, _go.Task);
            await send(new HttpResponseBody((watching.IsCompleted ? "WORLD"u8 : "world"u8).ToArray()));
        });
        var (answer, stopping) = await StopAfterAsync(app, "hello");
        await Eventually.Is(async () => await IsRefusedAsync(app));
        _go.SetResult();

        Assert.That(await answer, Does.EndWith("world"));
        await stopping.WaitAsync(Eventually.Patience);
    }

    [TestCase("MaxWebSockets", "/stream")]
    [TestCase("MaxWebSocketsPerAddress", "/stream")]
    [TestCase("MaxWebSockets", "/poll")]
    [Proves("FG-5")]
    public async Task Over_the_cap_a_request_that_would_last_gets_503_and_so_do_sockets(string limit, string path)
    {
        var stream = Consumer.Of<Stream>(_reached).ToApplication();
        var poll = Consumer.Of<Poll>(_reached).ToApplication();
        var lasting = 0;
        await using var app = await StartAsync(
            (scope, receive, send) => scope is not HttpScope http ? throw new AssertionException("no socket gets in")
                : http.Path == "/stream" ? stream(scope, receive, send)
                : poll(
                    scope,
                    async cancellationToken =>
                    {
                        var first = receive(cancellationToken);
                        Interlocked.Add(ref lasting, first.IsCompleted ? 0 : 1);
                        return await first;
                    },
                    send),
            ($"Channels:Server:{limit}", "2"));
        using var one = await OpenAsync(app, path);
        using (await OpenAsync(app, path))
        {
            await Eventually.Is(() => path == "/stream" || Volatile.Read(ref lasting) == 2);
            Assert.That(await app.SendRawAsync(Get.Replace("/ ", path + " ", StringComparison.Ordinal)), Does.StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 5\r\n").And.Contain("too many"));
            Assert.That(Assert.CatchAsync<WebSocketException>(() => app.ConnectAsync("/"))!.Message, Does.Contain("503"));
        }

        // The place of a client that has gone is free again.
        await Eventually.Is(async () =>
        {
            using var again = await app.OpenSocketAsync();
            await again.SendAsync(System.Text.Encoding.ASCII.GetBytes("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
            return (await RawHttp.ReadAsync(again, "\r\n\r\n")).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
        });
        Assert.That(_log.Lines.Where(line => line.Id == 1012).Select(line => line.Text), Has.Some.Contains(limit));
        Assert.That(_log.Errors, Is.Empty);
    }

    [Test]
    [Proves("FG-5")]
    public async Task Streams_of_one_http_2_connection_are_counted_each()
    {
        var stream = Consumer.Of<Stream>(_reached).ToApplication();
        await using var app = await StartAsync(stream, ("Channels:Server:MaxWebSocketsPerAddress", "3"), ("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var client = app.CreateClient(HttpVersion.Version20);
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 5; i++)
        {
            answers.Add(await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact }, HttpCompletionOption.ResponseHeadersRead));
        }

        Assert.That(answers.Select(answer => (int)answer.StatusCode), Is.EqualTo(new[] { 200, 200, 200, 503, 503 }));
        answers.ForEach(answer => answer.Dispose());
    }

    private static async Task<System.Net.Sockets.Socket> OpenAsync(LiveServer app, string path)
    {
        var socket = await app.OpenSocketAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
        if (path == "/stream")
        {
            Assert.That(await RawHttp.ReadAsync(socket, ": open"), Does.StartWith("HTTP/1.1 200 "));
        }

        return socket;
    }

    private static async Task<bool> IsRefusedAsync(LiveServer app)
    {
        try
        {
            using var socket = await app.OpenSocketAsync();
            return false;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return true; // the listener is gone
        }
    }

    // The rest of an answer, and the stop that began when its beginning had come, or the application was reached.
    private async Task<(Task<string> Answer, Task Stopping)> StopAfterAsync(LiveServer app, string? text = null, string? until = null)
    {
        var socket = await app.OpenSocketAsync();
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        if (text is null)
        {
            await _reached.Task.WaitAsync(Eventually.Patience);
        }
        else
        {
            await RawHttp.ReadAsync(socket, text);
        }

        return (RestAsync(), app.Host.StopAsync());

        async Task<string> RestAsync()
        {
            using (socket)
            {
                return await RawHttp.ReadAsync(socket, until);
            }
        }
    }

    private Task<LiveServer> StartAsync(Application root, params (string Key, string Value)[] settings) => LiveServer.StartFunctionAsync(root, builder =>
    {
        builder.Logging.AddProvider(_log);
        builder.Set(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
    });

    private sealed class Stream(TaskCompletionSource ended) : ServerSentEventsConsumer
    {
        protected override ValueTask OnOpenAsync() => SendCommentAsync("open");

        protected override ValueTask OnDisconnectAsync()
        {
            ended.TrySetResult();
            return default;
        }
    }

    private sealed class Poll(TaskCompletionSource reached) : HttpConsumer
    {
        protected override ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            KeepOpen();
            reached.TrySetResult();
            return default;
        }
    }
}
