using System.Net;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>HTTP/2 without TLS, by prior knowledge, as an endpoint's <c>Protocols</c> setting allows it.</summary>
public sealed class Http2Tests
{
    [Test]
    [Proves("E-74")]
    public async Task Http2_is_served_and_named_in_the_scope()
    {
        HttpScope? seen = null;
        List<KeyValuePair<string, string>> headers = [];
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            seen = (HttpScope)scope;
            headers.AddRange(seen.Headers);
            await send.TextAsync("hello");
        });

        using var answer = await SendAsync(app, new HttpRequestMessage(HttpMethod.Get, "/a%20b?c"));
        Assert.That(answer.Version, Is.EqualTo(HttpVersion.Version20));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
        Assert.That((seen!.HttpVersion, seen.Path, seen.QueryString), Is.EqualTo(("2", "/a b", "c")));
        Assert.That(headers.Select(header => header.Key), Has.None.StartsWith(":").And.Contains("host"));
    }

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    [Proves("C-EXT-08")]
    public async Task Trailers_go_to_clients_that_asked(bool asks, bool inTwoEvents)
    {
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200, new HeaderList { { "trailer", "x-sum, x-more" } }, Trailers: true));
            await send(new HttpResponseBody("hello"u8.ToArray()));
            await send(new HttpResponseTrailers(new HeaderList { { "x-sum", "5" } }, MoreTrailers: inTwoEvents));
            if (inTwoEvents)
            {
                await send(new HttpResponseTrailers(new HeaderList { { "x-more", "6" } }));
            }
        });
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (asks)
        {
            request.Headers.TE.ParseAdd("trailers");
        }

        using var answer = await SendAsync(app, request);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
        Assert.That(answer.TrailingHeaders.Select(header => header.Key), Is.EqualTo(asks ? inTwoEvents ? ["x-sum", "x-more"] : new[] { "x-sum" } : []));
    }

    [Test]
    public async Task The_end_of_the_response_does_not_wait_for_the_application()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send.TextAsync("hello");
            await end.Task;
        });

        using var answer = await SendAsync(app, new HttpRequestMessage(HttpMethod.Get, "/"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
        end.SetResult();
    }

    [Test]
    public async Task Requests_of_one_connection_run_side_by_side_without_mixing()
    {
        var all = new CountdownEvent(10);
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            var path = ((HttpScope)scope).Path;
            all.Signal();
            await Eventually.Is(() => all.IsSet);
            Assert.That(scope, Has.Property("Headers").Matches<IHeaders>(headers => headers["x-path"] == path));
            await send.TextAsync(path);
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/{i}") { Headers = { { "X-Path", $"/{i}" } } };
            using var answer = await SendAsync(app, request);
            return await answer.Content.ReadAsStringAsync();
        }));
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"/{i}")));
    }

    [Test]
    public async Task A_stream_that_is_reset_trips_only_its_own_scope()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            if (scope is HttpScope { Path: "/slow" })
            {
                scope.Aborted.Register(() => aborted.TrySetResult());
                started.TrySetResult();
                await aborted.Task;
                return;
            }

            await send.TextAsync("ok");
        });
        using var giveUp = new CancellationTokenSource();
        var slow = SendAsync(app, new HttpRequestMessage(HttpMethod.Get, "/slow"), giveUp.Token);
        await started.Task.WaitAsync(Eventually.Patience);
        await giveUp.CancelAsync();

        Assert.That(async () => await slow, Throws.InstanceOf<OperationCanceledException>());
        await aborted.Task.WaitAsync(Eventually.Patience);
        using var other = await SendAsync(app, new HttpRequestMessage(HttpMethod.Get, "/other"));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private static Task<LiveServer> StartAsync(Application root, Action<ChannelsHostBuilder>? configure = null) => LiveServer.StartFunctionAsync(root, builder =>
    {
        builder.Set("Kestrel:EndpointDefaults:Protocols", "Http2");
        configure?.Invoke(builder);
    });

    private static Task<HttpResponseMessage> SendAsync(LiveServer app, HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return app.Http.SendAsync(request, cancellationToken);
    }
}
