using System.Net;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Http;

/// <summary>What an application learns about a request.</summary>
public sealed class HttpScopeTests
{
    [Test]
    [Proves("C-HTTP-01")]
    public async Task A_minimal_get_is_one_empty_request_event()
    {
        Event? first = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            first = await receive();
            await send.TextAsync("hello");
        });

        Assert.That(await app.Http.GetStringAsync("/hello"), Is.EqualTo("hello"));
        Assert.That(first, Is.EqualTo(new HttpRequest()));
    }

    [Test]
    [Proves("C-HTTP-02")]
    public async Task The_scope_has_the_facts_of_the_request()
    {
        var scope = await CaptureAsync("POST /foo?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.That(scope.Type, Is.EqualTo("http"));
        Assert.That(scope.Method, Is.EqualTo("POST"));
        Assert.That(scope.HttpVersion, Is.EqualTo("1.1"));
        Assert.That(scope.Scheme, Is.EqualTo("http"));
        Assert.That(scope.Path, Is.EqualTo("/foo"));
        Assert.That(scope.RawPath, Is.EqualTo("/foo"));
        Assert.That(scope.QueryString, Is.EqualTo("a=b"));
        Assert.That(scope.RootPath, Is.Empty);
        Assert.That(scope.Client!.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That(((IPEndPoint)scope.Server!).Port, Is.Positive);
        Assert.That(scope.State, Is.Null, "an application without lifespan has no state");
    }

    [TestCase("/foo%2Fbar", "/foo%2Fbar", "/foo%2Fbar")]
    [TestCase("/a%2Fb", "/a%2Fb", "/a%2Fb")]
    [TestCase("/a%252Fb", "/a%252Fb", "/a%252Fb")]
    [TestCase("/a%25252fb/%25", "/a%25252fb/%", "/a%25252fb/%25")]
    [TestCase("/foo%20bar", "/foo bar", "/foo%20bar")]
    [TestCase("/%C3%A9", "/é", "/%C3%A9")]
    [TestCase("/a%5Cb", "/a\\b", "/a%5Cb")]
    [TestCase("/%252e", "/%2e", "/%252e")]
    [TestCase("/", "/", "/")]
    [TestCase("http://h/abs?x", "/abs", "/abs")]
    [TestCase("http://h?a=/b", "/", "/")]
    [TestCase("http://h", "/", "/")]
    [TestCase("http://h/?a=/b", "/", "/")]
    [TestCase("/a://b/c", "/a://b/c", "/a://b/c")]
    [Proves("C-HTTP-03", "FA-14")]
    public async Task The_path_is_decoded_once_and_the_raw_path_is_kept(string target, string path, string raw)
    {
        var scope = await CaptureAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.That((scope.Path, scope.RawPath), Is.EqualTo((path, raw)));
    }

    [Test]
    [Proves("C-HTTP-03")]
    public async Task Options_for_the_whole_server_has_the_root_as_path()
    {
        var scope = await CaptureAsync("OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.That((scope.Path, scope.RawPath), Is.EqualTo(("/", "*")));
    }

    [TestCase("/?a=%20&b=%C3%A9", "a=%20&b=%C3%A9")]
    [TestCase("/?", "")]
    [TestCase("/", "")]
    [TestCase("/?a?b", "a?b")]
    [TestCase("http://h?a=/b", "a=/b")]
    [Proves("C-HTTP-04")]
    public async Task The_query_stays_encoded(string target, string query) =>
        Assert.That((await CaptureAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).QueryString, Is.EqualTo(query));

    [Test]
    [Proves("C-HTTP-05", "C-HTTP-06")]
    public async Task Header_names_are_lower_case_values_trimmed_and_repeats_kept()
    {
        var seen = await HeadersAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Test:   a b  \r\nAccept: one\r\nX-TEST: second\r\nACCEPT: two\r\nConnection: close\r\n\r\n");

        Assert.That(seen.Where(h => h.Key == "x-test").Select(h => h.Value), Is.EqualTo(new[] { "a b", "second" }));
        Assert.That(seen.Where(h => h.Key == "accept").Select(h => h.Value), Is.EqualTo(new[] { "one", "two" }));
        Assert.That(seen.Select(h => h.Key), Has.None.Matches<string>(name => name.Any(char.IsUpper)));
    }

    [Test]
    [Proves("C-HTTP-06")]
    public async Task All_values_and_the_first_can_be_asked_for_in_any_case()
    {
        IReadOnlyList<string>? all = null;
        string? first = null, absent = "";
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope =>
            (all, first, absent) = (scope.Headers.GetValues("X-Test"), scope.Headers["x-TEST"], scope.Headers["x-absent"])));
        await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Test: 1\r\nX-Test: 2\r\nConnection: close\r\n\r\n");

        Assert.That(all, Is.EqualTo(new[] { "1", "2" }));
        Assert.That(first, Is.EqualTo("1"));
        Assert.That(absent, Is.Null);
    }

    [Test]
    [Proves("C-HTTP-12")]
    public async Task A_name_with_an_underscore_never_reaches_the_application()
    {
        string? asked = "";
        List<string> names = [];
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope =>
        {
            asked = scope.Headers["x_user"];
            names.AddRange(scope.Headers.Select(h => h.Key));
        }));
        await app.SendRawAsync("GET / HTTP/1.1\r\nHost: h\r\nX_User: admin\r\nX-User: ann\r\nConnection: close\r\n\r\n");

        Assert.That(asked, Is.Null);
        Assert.That(names, Does.Contain("x-user").And.Not.Contain("x_user"));
    }

    [Test]
    public async Task Kept_headers_do_not_show_the_next_request_of_the_connection()
    {
        HttpScope? kept = null;
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope => kept ??= scope));
        await app.SendRawAsync("GET /1 HTTP/1.1\r\nHost: h\r\nX-A: first\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nX-A: second\r\nConnection: close\r\n\r\n");

        Assert.That(() => kept!.Headers["x-a"], Throws.InvalidOperationException.With.Message.Contains("while it is served"));
        Assert.That(kept!.Path, Is.EqualTo("/1"));
    }

    [Test]
    public async Task A_kept_send_cannot_write_into_the_next_request_of_the_connection()
    {
        Send? kept = null;
        Exception? stale = null;
        await using var app = await LiveServer.StartFunctionAsync(async (scope, receive, send) =>
        {
            if (kept is null)
            {
                kept = send;
            }
            else
            {
                stale = Assert.CatchAsync(async () => await kept(new HttpResponseStart(200)));
            }

            await send.TextAsync("ok");
        });
        await app.SendRawAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.That(stale, Is.TypeOf<ConnectionClosedException>());
    }

    [Test]
    public async Task HTTP_1_0_is_served_with_its_version()
    {
        var scope = await CaptureAsync("GET / HTTP/1.0\r\n\r\n");

        Assert.That(scope.HttpVersion, Is.EqualTo("1.0"));
    }

    private static async Task<HttpScope> CaptureAsync(string request)
    {
        HttpScope? seen = null;
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope => seen = scope));
        await app.SendRawAsync(request);
        return seen ?? throw new AssertionException("the application was not called");
    }

    private static async Task<List<KeyValuePair<string, string>>> HeadersAsync(string request)
    {
        List<KeyValuePair<string, string>> seen = [];
        await using var app = await LiveServer.StartFunctionAsync(Answers.Capture(scope => seen.AddRange(scope.Headers)));
        await app.SendRawAsync(request);
        return seen;
    }
}
