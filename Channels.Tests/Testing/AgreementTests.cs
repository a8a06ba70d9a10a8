using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

/// <summary>
/// What passes a communicator passes the server, and what the server refuses a communicator refuses in the same words: each case
/// runs against both, over HTTP/1.1 and HTTP/2.
/// </summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)] // the cases share two servers
public sealed class AgreementTests
{
    private readonly ConcurrentDictionary<string, Script> _scripts = new(StringComparer.Ordinal);
    private LiveServer _http1 = null!; // started before the first test
    private LiveServer _http2 = null!;

    private static HeaderList Headers(string name, string value) => new() { { name, value } };

    private static IEnumerable<TestCaseData> HttpCases()
    {
        var ok = new HttpResponseStart(200);
        var last = new HttpResponseBody("hello"u8.ToArray());
        var part = new HttpResponseBody("hello"u8.ToArray(), MoreBody: true);
        yield return Case("a whole response", ok, part, last);
        yield return Case("body before start", last);
        yield return Case("a second start", ok, ok, last);
        yield return Case("a second start in the middle", ok, part, ok, last);
        yield return Case("body after the last", ok, last, last);
        yield return Case("start after the last", ok, last, ok);
        yield return Case("trailers not announced", ok, last, new HttpResponseTrailers([]));
        yield return Case("trailers too early", new HttpResponseStart(200, Trailers: true), new HttpResponseTrailers([]), last, new HttpResponseTrailers([]));
        yield return Case("body in place of trailers", new HttpResponseStart(200, Trailers: true), last, last, new HttpResponseTrailers([]));
        yield return Case("a trailer that no header can carry", new HttpResponseStart(200, Trailers: true), last, new HttpResponseTrailers(Headers("x-name", "é")), new HttpResponseTrailers([]));
        yield return Case("a WebSocket's event", new WebSocketAccept(), ok, last);
        foreach (var status in new[] { 0, 99, 101, 199, 600, 1000 })
        {
            yield return Case($"status {status}", new HttpResponseStart(status), ok, last);
        }

        foreach (var length in new[] { "abc", "-1", "+5", " 5", "5, 5", "", "99999999999999999999" })
        {
            yield return Case($"content-length '{length}'", new HttpResponseStart(200, Headers("content-length", length)), ok, last);
        }

        yield return Case("two lengths", new HttpResponseStart(200, new HeaderList { { "content-length", "5" }, { "content-length", "6" } }), ok, last);
        yield return Case("a body longer than its length", new HttpResponseStart(200, Headers("content-length", "4")), last, new HttpResponseBody("four"u8.ToArray()));
        yield return Case("a body shorter than its length", new HttpResponseStart(200, Headers("content-length", "6")), last, new HttpResponseBody("sixsix"u8.ToArray()));
        foreach (var status in new[] { 204, 205, 304 })
        {
            yield return Case($"a body with {status}", new HttpResponseStart(status), last, new HttpResponseBody());
        }

        foreach (var value in new[] { "é", "Ā", "日本", "\u00a0", "tab\tinside", "" })
        {
            yield return Case($"header value '{value}'", new HttpResponseStart(200, Headers("x-name", value)), ok, last);
        }

        yield return Case("headers of the connection", new HttpResponseStart(200, new HeaderList { { "transfer-encoding", "chunked" }, { "connection", "close" }, { "keep-alive", "5" } }), ok, last);
        yield return Case("receiving after the end, again and again", Receive, ok, last, Receive, Receive);
        yield return Case("two receives at once", Receive, ReceiveUnawaited, Receive, ok, last);
        yield return Case("a receive that is given up", Receive, ReceiveCancelled, ReceiveCancelled, ok, last);
        yield return Case("nothing", Nothing);
    }

    private static IEnumerable<TestCaseData> WebSocketCases()
    {
        var accept = new WebSocketAccept();
        var text = WebSocketSend.FromText("x");
        var deny = new WebSocketDenialStart(403);
        var close = new WebSocketClose(4000, "bye");
        yield return Case("send before accept", text, close);
        yield return Case("accepting twice", accept, accept, close);
        yield return Case("accepting what was not offered", new WebSocketAccept("v9"), new WebSocketAccept("v1"), close);
        foreach (var name in new[] { "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "sec-websocket-accept", "sec-websocket-protocol" })
        {
            yield return Case($"accept with {name}", new WebSocketAccept(null, Headers(name, "1")), accept, close);
            yield return Case($"denial with {name}", new WebSocketDenialStart(403, Headers(name, "1")), close);
        }

        yield return Case("accept with a value that no header can carry", new WebSocketAccept(null, Headers("x-name", "é")), accept, close);
        yield return Case("denial with a value that no header can carry", new WebSocketDenialStart(403, Headers("x-name", "é")), close);
        yield return Case("denial body without start", new WebSocketDenialBody(), close);
        yield return Case("a second denial start", deny, deny, new WebSocketDenialBody());
        yield return Case("accept in the middle of a denial", deny, accept, new WebSocketDenialBody());
        yield return Case("a denial start without body", deny);
        foreach (var after in new Event[] { accept, text, deny, new WebSocketDenialBody(), close, new HttpResponseStart(200) })
        {
            yield return Case($"{after.Type} after a denial", deny, new WebSocketDenialBody(), after, Receive, Receive);
            yield return Case($"{after.Type} after a refusal", close, after, Receive, Receive);
            yield return Case($"{after.Type} after a close", accept, close, after, Receive, Receive);
        }

        foreach (var status in new[] { 101, 199, 600 })
        {
            yield return Case($"denial with status {status}", new WebSocketDenialStart(status), close);
        }

        foreach (var length in new[] { "abc", "-1", "5, 5" })
        {
            yield return Case($"denial with content-length '{length}'", new WebSocketDenialStart(403, Headers("content-length", length)), close);
        }

        yield return Case("a denial longer than its length", new WebSocketDenialStart(403, Headers("content-length", "1")), new WebSocketDenialBody(new byte[2]), new WebSocketDenialBody(new byte[1]));
        yield return Case("a denial shorter than its length", new WebSocketDenialStart(403, Headers("content-length", "2")), new WebSocketDenialBody(new byte[1]), new WebSocketDenialBody(new byte[2]));
        yield return Case("a denial with 204 and a body", new WebSocketDenialStart(204), new WebSocketDenialBody(new byte[1]), new WebSocketDenialBody());
        yield return Case("a denial with 304 and a body", new WebSocketDenialStart(304), new WebSocketDenialBody(new byte[1]), new WebSocketDenialBody());
        foreach (var code in new[] { 0, 999, 1004, 1005, 1006, 1015, 2999, 5000 })
        {
            yield return Case($"close code {code}", accept, new WebSocketClose(code), close);
        }

        yield return Case("a reason that is too long", accept, new WebSocketClose(4000, new string('é', 62)), close);
        yield return Case("an HTTP response", accept, new HttpResponseStart(200), new HttpResponseBody(), close);
        yield return Case("two receives at once", accept, ReceiveUnawaited, Receive, close);
        yield return Case("a receive that is given up", accept, ReceiveCancelled, ReceiveCancelled, close, Receive);
        yield return Case("nothing", Nothing);
    }

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var time = new ManualTimeProvider(); // stands still: an application that is held up for a second has not gone on behind a response that was over
        _http1 = await LiveServer.StartFunctionAsync(ServeAsync, builder => builder.Services.GoBy(time));
        _http2 = await LiveServer.StartFunctionAsync(ServeAsync, builder =>
        {
            builder.Services.GoBy(time);
            builder.Set("Kestrel:EndpointDefaults:Protocols", "Http2");
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _http1.DisposeAsync();
        await _http2.DisposeAsync();
    }

    [TestCaseSource(nameof(HttpCases))]
    public async Task An_http_application_is_told_the_same(Step[] steps)
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var expected = new Script(steps);
            await using (var request = Communicator.Http(expected.RunAsync, method, "/"))
            {
                await request.SendBodyAsync(default, moreBody: false);
                await request.WaitAsync();
            }

            foreach (var server in new[] { _http1, _http2 })
            {
                var (path, script) = Add(steps);
                using var client = server.CreateClient(server == _http2 ? HttpVersion.Version20 : null);
                using var asked = new HttpRequestMessage(new HttpMethod(method), path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
                using var answer = await AskAsync(() => client.SendAsync(asked));

                Assert.That(await script.Told, Is.EqualTo(await expected.Told), $"{method} over {asked.Version}");
            }
        }
    }

    [TestCaseSource(nameof(WebSocketCases))]
    public async Task A_websocket_application_is_told_the_same(Step[] steps)
    {
        var expected = new Script(steps);
        await using (var played = Communicator.WebSocket(expected.RunAsync, "/").WithSubprotocols("v1"))
        {
            await played.SendInputAsync(WebSocketConnect.Instance);
            await played.WaitAsync();
        }

        foreach (var server in new[] { _http1, _http2 })
        {
            var (path, script) = Add(steps);
            using var socket = await AskAsync(() => server.ConnectAsync(path, options =>
            {
                options.AddSubProtocol("v1");
                options.HttpVersion = server == _http2 ? HttpVersion.Version20 : HttpVersion.Version11;
                options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            }));

            Assert.That(await script.Told, Is.EqualTo(await expected.Told), server == _http2 ? "over HTTP/2" : "over HTTP/1.1");
        }
    }

    [TestCase("/")]
    [TestCase("/a%2Fb")]
    [TestCase("/a%2fb")]
    [TestCase("/a%252Fb")]
    [TestCase("/a%25252fb")]
    [TestCase("/a%20b")]
    [TestCase("/%C3%A9")]
    [TestCase("/%F0%9F%98%80%41")]
    [TestCase("/%FF/%C3/%C3%28/%E2%82")]
    [TestCase("/%C0%AF/%ED%A0%80/%F4%90%80%80")]
    [TestCase("/100%/%zz/%2/%+1")]
    [TestCase("/a/../b")]
    [TestCase("/a/./b/.")]
    [TestCase("/a/b/..")]
    [TestCase("/../..")]
    [TestCase("/a//../b//")]
    [TestCase("/%2e%2E/a/%2e/b")]
    [TestCase("/a/..%2Fb")]
    [TestCase("/.hidden/...")]
    [TestCase("/a%5Cb%3Fc%23d")]
    [TestCase("/a?b=%2F&c=%C3%A9&d=/../")]
    [TestCase("/a%00b")]
    [TestCase("/a?b=%00")]
    [TestCase("/café")]
    [TestCase("/a b")]
    [TestCase("/a?café")]
    [TestCase("/a?b c")]
    public Task A_path_is_the_same_for_both_or_refused_by_both(string target) => AgreeAsync("GET", target, 400);

    [TestCase("OPTIONS", "*", 0)]
    [TestCase("OPTIONS", "/*", 0)]
    [TestCase("OPTIONS", "/", 0)]
    [TestCase("PURGE", "/a", 0)]
    [TestCase("M-SEARCH", "/", 0)]
    [TestCase("GET", "*", 405)]
    [TestCase("PURGE", "*", 405)]
    [TestCase("G(T", "/", 400)]
    [TestCase("G\"T", "/", 400)]
    [TestCase("GÉT", "/", 400)]
    public Task A_method_is_the_same_for_both_or_refused_by_both(string method, string target, int refusal) => AgreeAsync(method, target, refusal);

    [Test]
    public void No_websocket_is_asked_of_the_whole_server() =>
        Assert.That(() => Communicator.WebSocket((_, _, _) => Task.CompletedTask, "*"), Throws.ArgumentException.With.Message.Contains("405"));

    [Test]
    public async Task No_tunnel_is_opened_by_either()
    {
        await using var server = await LiveServer.StartFunctionAsync((_, _, _) => throw new AssertionException("The application sees a tunnel."));

        Assert.That(await server.SendRawAsync("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 501"));
        Assert.That(() => Communicator.Http((_, _, _) => Task.CompletedTask, "connect", "h:80"), Throws.ArgumentException.With.Message.Contains("501"));
    }

    private static async Task AgreeAsync(string method, string target, int refusal)
    {
        (string, string, string?, string)? seen = null;
        await using var server = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            var request = (HttpScope)scope;
            seen = (request.Method, request.Path, request.RawPath, request.QueryString);
            await send(new HttpResponseStart(204));
            await send(new HttpResponseBody());
        });
        var answer = await server.SendRawAsync(System.Text.Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        if (seen is not { } expected)
        {
            Assert.That(answer, Does.StartWith($"HTTP/1.1 {refusal}"));
            Assert.That(() => Communicator.Http((_, _, _) => Task.CompletedTask, method, target), Throws.ArgumentException.With.Message.Contains($"{refusal}"));
            return;
        }

        var scope = (HttpScope)Communicator.Http((_, _, _) => Task.CompletedTask, method, target).Scope;
        Assert.That((scope.Method, scope.Path, scope.RawPath, scope.QueryString), Is.EqualTo(expected));
    }

    [Test]
    public async Task Control_characters_in_a_path_are_judged_alike([Values(1, 8, 9, 11, 31, 127)] int character) =>
        await A_path_is_the_same_for_both_or_refused_by_both($"/a{(char)character}b");

    [Test]
    public async Task Any_path_is_the_same_for_both()
    {
        string[] pieces = ["/", "/", ".", "..", "a", "%2e", "%2F", "%2f", "%25", "%252F", "%", "%4", "%zz", "%41", "%C3%A9", "%C3", "%A9", "%E2%82%AC", "%ED%A0%80", "%F0%9F%98%80", "%F8", "%20", "%3F", "?", "%5c", "//"];
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var targets = Enumerable.Range(0, 500).Select(_ => "/" + string.Concat(random.GetItems(pieces, random.Next(8)))).ToArray();
        var seen = new ConcurrentQueue<(string, string?, string)>();
        await using var server = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            var request = (HttpScope)scope;
            seen.Enqueue((request.Path, request.RawPath, request.QueryString));
            await send(new HttpResponseStart(204));
            await send(new HttpResponseBody());
        });
        await server.SendRawAsync(string.Concat(targets.Select(target => $"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")) + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        var read = targets.Append("/last").Select(target => (HttpScope)Communicator.Http((_, _, _) => Task.CompletedTask, "GET", target).Scope);
        Assert.That(seen, Is.EqualTo(read.Select(scope => (scope.Path, scope.RawPath, scope.QueryString))), $"seed {seed}");
    }

    private static Event Receive { get; } = new Doing("receive");

    private static Event ReceiveUnawaited { get; } = new Doing("receive and leave it");

    private static Event ReceiveCancelled { get; } = new Doing("receive and give up");

    private static Event Nothing { get; } = new Doing("nothing");

    private static TestCaseData Case(string name, params Event[] steps) => new TestCaseData(arg: Array.ConvertAll(steps, step => new Step(step))).SetArgDisplayNames(name);

    // The answer, which stays open until the application has been told everything; null when the client got none: what it sees
    // of an application's mistake is for other tests.
    private static async Task<T?> AskAsync<T>(Func<Task<T>> ask)
        where T : class, IDisposable
    {
        try
        {
            return await ask();
        }
        catch (Exception error) when (error is HttpRequestException or WebSocketException)
        {
            return null;
        }
    }

    private Task ServeAsync(Scope scope, Receive receive, Send send) => _scripts[((RequestScope)scope).Path].RunAsync(scope, receive, send);

    private (string Path, Script Script) Add(Step[] steps)
    {
        var script = new Script(steps);
        var path = $"/{Guid.NewGuid():n}";
        _scripts[path] = script;
        return (path, script);
    }

    public sealed record Step(Event Event);

    private sealed record Doing(string What) : Event(What);

    /// <summary>An application that does one step after the other, whatever comes of it, and notes what it was told.</summary>
    private sealed class Script(Step[] steps)
    {
        private readonly TaskCompletionSource<string[]> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string[]> Told => _told.Task.WaitAsync(Eventually.Patience);

        public async Task RunAsync(Scope scope, Receive receive, Send send)
        {
            var told = new List<string>();
            if (scope is WebSocketScope)
            {
                await receive();
            }

            foreach (var step in steps)
            {
                try
                {
                    told.Add($"{step.Event.Type}: {await DoAsync(step.Event, receive, send)}");
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    told.Add($"{step.Event.Type}: {error.GetType().Name}: {error.Message}");
                }
            }

            _told.SetResult([.. told]);
        }

        private static async Task<string> DoAsync(Event step, Receive receive, Send send)
        {
            if (step == Receive)
            {
                return $"{await receive()}";
            }

            if (step == ReceiveUnawaited)
            {
                _ = receive().AsTask();
                return "left";
            }

            if (step == ReceiveCancelled)
            {
                using var given = new CancellationTokenSource();
                var receiving = receive(given.Token).AsTask();
                await given.CancelAsync();
                try
                {
                    await receiving;
                    return "came";
                }
                catch (OperationCanceledException)
                {
                    return "given up";
                }
            }

            if (step != Nothing)
            {
                await send(step);
            }

            return "done";
        }
    }
}
