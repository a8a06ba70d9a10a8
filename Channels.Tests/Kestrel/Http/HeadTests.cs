using System.Net;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Http;

/// <summary>A response to HEAD ends where the headers of a GET would go out, and its application is told so.</summary>
public sealed class HeadTests
{
    private const string Two = "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Test]
    [Proves("FA-13")]
    public async Task An_event_stream_ends_and_the_connection_serves_the_next_request()
    {
        var stream = Consumer.Of<Stream>(_ended).ToApplication();
        await using var app = await LiveServer.StartFunctionAsync(Serve((scope, receive, send) => stream(scope, receive, send)));
        var answer = await app.SendRawAsync(Two);

        Assert.That(answer, Does.Contain("text/event-stream").And.EndWith("\r\n\r\nnext"));
        Assert.That(await EndAsync(), Is.EqualTo("disconnect"));
    }

    [Test]
    [Proves("FA-13")]
    public async Task A_stream_that_goes_on_sending_finds_nobody()
    {
        await using var app = await LiveServer.StartFunctionAsync(Serve(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "content-length", "10" } }));
            await send(new HttpResponseBody("hello"u8.ToArray(), MoreBody: true));
            _ended.SetResult(Assert.CatchAsync(async () => await send(new HttpResponseBody("world"u8.ToArray())))!.GetType().Name);
        }));

        Assert.That(await app.SendRawAsync(Two), Does.Contain("Content-Length: 10\r\n").And.Not.Contain("hello").And.EndWith("\r\n\r\nnext"));
        Assert.That(await EndAsync(), Is.EqualTo(nameof(ConnectionClosedException)));
    }

    [Test]
    [Proves("FA-13")]
    public async Task A_stream_that_waits_for_something_else_hears_of_it_by_its_scope()
    {
        await using var app = await LiveServer.StartFunctionAsync(Serve(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, Trailers: true));
            await send(new HttpResponseBody());
            _ended.SetResult("streaming");
            await Task.Delay(Timeout.Infinite, scope.Aborted);
        }));

        Assert.That(await app.SendRawAsync(Two), Does.StartWith("HTTP/1.1 200 ").And.EndWith("\r\n\r\nnext"));
        Assert.That(await EndAsync(), Is.EqualTo("streaming"));
    }

    [TestCase("00:00:00")]
    [TestCase("00:10:00")]
    [Proves("FA-13")]
    public async Task A_stream_that_does_not_listen_is_abandoned_after_a_second(string closeTimeout)
    {
        var time = new ManualTimeProvider();
        var log = new LogRecord();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await LiveServer.StartFunctionAsync(
            Serve(async (scope, receive, send) =>
            {
                await send(new HttpResponseStart(200));
                await send(new HttpResponseBody("a"u8.ToArray(), MoreBody: true));
                _ended.SetResult("streaming");
                await go.Task;
            }),
            builder =>
            {
                builder.Logging.AddProvider(log);
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Set("Channels:Server:ApplicationCloseTimeout", closeTimeout);
            });
        var answer = app.SendRawAsync(Two);
        await EndAsync();
        await Eventually.Is(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return answer.IsCompleted;
        });
        go.SetResult();

        Assert.That(await answer, Does.StartWith("HTTP/1.1 200 ").And.EndWith("\r\n\r\nnext"));
        Assert.That(log.Lines.Single(line => line.Id == 1027).Text, Does.Contain("/stream"));
    }

    [Test]
    public async Task A_whole_response_is_no_reason_to_cancel_anything()
    {
        await using var app = await LiveServer.StartFunctionAsync(Serve(async (scope, receive, send) =>
        {
            await send.TextAsync("hello");
            _ended.SetResult($"{await receive()} {scope.Aborted.IsCancellationRequested}");
        }));

        Assert.That(await app.SendRawAsync(Two), Does.Contain("Content-Length: 5\r\n").And.EndWith("\r\n\r\nnext"));
        Assert.That(await EndAsync(), Does.StartWith("HttpDisconnect").And.EndWith("False"));
    }

    [Test]
    [Proves("FA-13")]
    public async Task Over_http_2_the_stream_is_not_left_behind()
    {
        var log = new LogRecord();
        var stream = Consumer.Of<Stream>(_ended).ToApplication();
        await using var app = await LiveServer.StartFunctionAsync(stream, builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Set("Kestrel:EndpointDefaults:Protocols", "Http2");
        });
        using var client = app.CreateClient(HttpVersion.Version20);
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact });

        Assert.That(log.Errors, Is.Empty);
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"), $"{answer}");
        Assert.That(await EndAsync(), Is.EqualTo("disconnect"));
    }

    [Test]
    [Proves("FA-13")]
    public async Task A_communicator_ends_it_like_a_server()
    {
        await using var request = Communicator.Http(Consumer.Of<Stream>(_ended), "HEAD", "/");
        var answer = await request.GetResponseAsync();
        await request.WaitAsync();

        Assert.That((answer.Status, answer.Headers["content-type"]), Is.EqualTo((200, "text/event-stream")));
        Assert.That(await EndAsync(), Is.EqualTo("disconnect"));
    }

    private static Application Serve(Application stream) => (scope, receive, send) => ((HttpScope)scope).Path == "/next" ? send.TextAsync("next") : stream(scope, receive, send);

    private Task<string> EndAsync() => _ended.Task.WaitAsync(Eventually.Patience);

    private sealed class Stream(TaskCompletionSource<string> ended) : ServerSentEventsConsumer
    {
        protected override ValueTask OnDisconnectAsync()
        {
            ended.TrySetResult("disconnect");
            return default;
        }
    }
}
