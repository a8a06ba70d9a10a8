using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Security;

[TestFixture]
public sealed class OriginValidatorTests
{
    private const string Absent = "(absent)";

    [TestCase(Absent, "*", true)]
    [TestCase(Absent, "example.com", false)]
    [TestCase("null", "*", true)]
    [TestCase("null", "example.com", false)]
    [TestCase("", "example.com", false)]
    [TestCase("", ".example.com", false)]
    [TestCase("something-invalid", "example.com", false)]
    [TestCase("something-invalid", ".example.com", false)]
    [TestCase("example.com", "example.com", false)]
    [TestCase("example.com", ".example.com", false)]
    [TestCase("http://example.com", "example.com", true)]
    [TestCase("https://example.com:8443", "example.com", true)]
    [TestCase("http://EXAMPLE.com", "Example.COM", true)]
    [TestCase("http://www.example.com", "example.com", false)]
    [TestCase("http://www.example.com", ".example.com", true)]
    [TestCase("http://example.com", ".example.com", true)]
    [TestCase("http://evilexample.com", ".example.com", false)]
    [TestCase("http://example.com", "*.example.com", false)]
    [TestCase("http://www.example.com", "*.example.com", false)]
    [TestCase("http://example.com", "http://example.com", true)]
    [TestCase("http://example.com:80", "http://example.com", true)]
    [TestCase("http://example.com:8080", "http://example.com", false)]
    [TestCase("https://example.com", "http://example.com", false)]
    [TestCase("ws://example.com", "http://example.com", false)]
    [TestCase("https://example.com", "https://example.com:443", true)]
    [TestCase("https://example.com", "wss://example.com", false)]
    [TestCase("http://a.example.com", "http://.example.com:80", true)]
    [TestCase("http://localhost:3000", "localhost", true)]
    [TestCase("http://localhost:3000", "localhost:3000", false)]
    [TestCase("http://127.0.0.1:3000", "127.0.0.1:8000", true)]
    [TestCase("http://[::1]:3000", "[::1]", true)]
    [TestCase("http://[::1]:3000", "::1", true)]
    [TestCase("http://[::1]:3000", "[::1]:9", true)]
    [TestCase("chrome-extension://abc", "chrome-extension://abc", true)]
    [TestCase("chrome-extension://abc", "abc", true)]
    [TestCase("//example.com", "example.com", true)]
    [TestCase("http://user:pw@example.com/path?q", "example.com", true)]
    [TestCase("http://example.com.", "example.com", false)]
    [TestCase("http://a.com:99999", "http://a.com", false)]
    [TestCase("http://a.com:99999", "a.com", true)]
    [TestCase("http://[bad", "http://[bad", false)]
    [TestCase("http://[bad", "*", false)]
    [TestCase("http://example.com", "http://*", false)]
    [TestCase("http://example.com", "http://", false)]
    [TestCase("http://example.com", "", false)]
    [Proves("C-ORIGIN-06")]
    public async Task Origins_are_judged_as_in_the_table(string origin, string pattern, bool allowed) =>
        Assert.That(await AllowsAsync(origin, pattern), Is.EqualTo(allowed));

    [TestCase("file://", ".example.com", false)]
    [TestCase("file:///etc/passwd", "*", true)]
    [TestCase("http://bücher.example", "xn--bcher-kva.example", true)]
    [TestCase("http://xn--bcher-kva.example", "bücher.example", true)]
    [TestCase("http://a.xn--bcher-kva.example", ".BÜCHER.example", true)]
    [TestCase("http://ex\u0430mple.com", "example.com", false, TestName = "{m}(Cyrillic a)")]
    [TestCase("http://example.com@evil.com", "example.com", false)]
    [TestCase("http://example.com\\@evil.com", "example.com", false)]
    [TestCase("http://evil.com#.example.com", ".example.com", false)]
    [TestCase("http://example.com evil.com", "example.com", false)]
    [TestCase("http://[fe80::1]", "fe80::1", true)]
    [TestCase("http://[0:0::1]", "::1", true)]
    [TestCase("http://.example.com", "example.com", false)]
    [Proves("SEC-03", "SEC-04")]
    public async Task Hostile_and_foreign_spellings(string origin, string pattern, bool allowed) =>
        Assert.That(await AllowsAsync(origin, pattern), Is.EqualTo(allowed));

    [Test]
    [Proves("C-ORIGIN-01")]
    public async Task Another_host_is_denied_before_accept()
    {
        var scope = Request("http://other.example");
        var conversation = await Conversation.RunAsync(OriginValidator.Wrap(Accepting, "example.com"), scope);
        Assert.That(conversation.Sent, Is.EqualTo(new Event[] { new WebSocketClose() }));
        Assert.That(conversation.Received, Is.EqualTo(1), "the connect event is read before the answer");
    }

    [Test]
    [Proves("C-ORIGIN-02")]
    public async Task A_star_inside_a_pattern_is_literal_a_leading_dot_means_subdomains()
    {
        Assert.That(await AllowsAsync("http://a.example.com", "*.example.com"), Is.False);
        Assert.That(await AllowsAsync("http://a.b.example.com", ".example.com"), Is.True);
    }

    [Test]
    [Proves("C-ORIGIN-03")]
    public async Task A_pattern_with_scheme_rejects_another_host_and_scheme()
    {
        Assert.That(await AllowsAsync("https://example.com", "https://example.com"), Is.True);
        Assert.That(await AllowsAsync("https://example.org", "https://example.com"), Is.False);
        Assert.That(await AllowsAsync("http://example.com", "https://example.com"), Is.False);
    }

    [Test]
    [Proves("C-ORIGIN-04")]
    public async Task A_missing_origin_is_refused_by_an_empty_list_and_on_request_allowed()
    {
        Assert.That(await AllowsAsync(OriginValidator.Wrap(Accepting), Request(null)), Is.False);
        Assert.That(await AllowsAsync(OriginValidator.Wrap(Accepting, MissingOrigin.Allow, "example.com"), Request(null)), Is.True);
        Assert.That(await AllowsAsync(OriginValidator.Wrap(Accepting, MissingOrigin.Allow, "example.com"), Request("http://other.example")), Is.False);
    }

    [Test]
    [Proves("C-ORIGIN-05")]
    public async Task An_origin_without_host_is_denied_without_an_error()
    {
        Assert.That(await AllowsAsync("", ".example.com"), Is.False);
        Assert.That(await AllowsAsync("foo", ".example.com"), Is.False);
    }

    [Test]
    [Proves("C-ORIGIN-07")]
    public void Another_protocol_is_an_error() => Assert.That(
        async () => await Conversation.RunAsync(OriginValidator.Wrap(Accepting, "*"), new HttpScope { Path = "/" }),
        Throws.TypeOf<UnsupportedScopeException>().With.Message.Contains("OriginValidator").And.Message.Contains("websocket"));

    [TestCase("*")]
    [TestCase("a.example")]
    [Proves("C-ORIGIN-08", "SEC-10")]
    public async Task Several_origins_are_refused(string pattern)
    {
        var scope = new WebSocketScope { Path = "/", Headers = new HeaderList { { "origin", "http://a.example" }, { "origin", "http://a.example" } } };
        Assert.That(await AllowsAsync(OriginValidator.Wrap(Accepting, pattern), scope), Is.False);
    }

    [Test]
    [Proves("SEC-05")]
    public async Task The_list_of_one_mount_never_applies_to_another()
    {
        Application a = OriginValidator.Wrap(Accepting, "a.example");
        Application b = OriginValidator.Wrap(Accepting, "b.example");
        Assert.That(await AllowsAsync(a, Request("http://a.example")), Is.True);
        Assert.That(await AllowsAsync(b, Request("http://a.example")), Is.False);
        Assert.That(await AllowsAsync(a, Request("http://b.example")), Is.False);
    }

    [Test]
    public async Task A_peer_that_has_gone_is_not_answered()
    {
        var conversation = new Conversation().With(new WebSocketDisconnect(1006));
        await conversation.ServeAsync(OriginValidator.Wrap(Accepting, "a.example"), Request("http://b.example"));
        Assert.That(conversation.Sent, Is.Empty);
    }

    [Test]
    [Proves("SEC-72")]
    public async Task A_refusal_is_logged_with_its_reason_and_peer_text_escaped()
    {
        var logs = new LogList();
        var scope = Request("http://b.example\u202e") with { Services = logs };
        await Conversation.RunAsync(OriginValidator.Wrap(Accepting, "a.example"), scope);
        Assert.That(logs.Lines, Is.EqualTo(new[] { @"Information 4010: Refused websocket '/' with 403: its origin is not allowed (origin 'http://b.example\u202e', host '', rule OriginValidator)" }));
    }

    [Test]
    public void Entries_that_never_match_are_logged_at_start()
    {
        var logs = new LogList();
        ApplicationTree.Prepare(OriginValidator.Wrap(Accepting, "*.example.com", "localhost:3000", "", "a.example"), logs);
        Assert.That(logs.Lines, Has.Count.EqualTo(3));
        Assert.That(logs.Lines[0], Does.StartWith("Warning 4011: The entry '*.example.com' of OriginValidator never matches").And.Contain("write .example.com"));
        Assert.That(logs.Lines[1], Does.Contain("write http://localhost:3000"));
        Assert.That(logs.Lines[2], Does.Contain("names no host"));
    }

    private static WebSocketScope Request(string? origin)
    {
        var headers = new RawHeaders(origin);
        return new WebSocketScope { Path = "/", Headers = headers };
    }

    private static Task<bool> AllowsAsync(string origin, string pattern) =>
        AllowsAsync(OriginValidator.Wrap(Accepting, pattern), Request(origin == Absent ? null : origin));

    private static async Task<bool> AllowsAsync(Application application, WebSocketScope scope) =>
        (await Conversation.RunAsync(application, scope)).Sent is [WebSocketAccept];

    private static async Task Accepting(Scope scope, Receive receive, Send send)
    {
        await receive();
        await send(new WebSocketAccept());
    }
}
