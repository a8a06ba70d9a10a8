using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

/// <summary>Routes that name the methods they serve (RFC 9110, sections 9.3 and 15.5.6).</summary>
[TestFixture]
[Proves("FN-17")]
public sealed class MethodRoutingTests
{
    private static readonly Application Auctions = new UrlRouter
    {
        { "GET auctions", Named("list") },
        { "POST auctions", Named("create") },
        { "GET|DELETE auctions/{id:int}", Named("one") },
        { "api/", new UrlRouter { { "PUT bids/{id:int}", Named("bid") } } },
        { "POST api/bids/{id:int}", Named("another bid") },
        { "any", Named("any") },
        { "OPTIONS own", Named("own options") },
    };

    [TestCase("GET", "/auctions", "list")]
    [TestCase("POST", "/auctions", "create")]
    [TestCase("DELETE", "/auctions/7", "one")]
    [TestCase("HEAD", "/auctions/7", "one")]
    [TestCase("PUT", "/api/bids/7", "bid")]
    [TestCase("POST", "/api/bids/7", "another bid")]
    [TestCase("PROPFIND", "/any", "any")]
    [TestCase("OPTIONS", "/own", "own options")]
    public async Task The_method_chooses_among_routes_of_one_path(string method, string path, string expected) =>
        Assert.That((await AskAsync(Auctions, method, path)).Text, Is.EqualTo(expected));

    [TestCase("DELETE", "/auctions", "GET, HEAD, POST, OPTIONS")]
    [TestCase("POST", "/auctions/7", "GET, DELETE, HEAD, OPTIONS")]
    [TestCase("GET", "/api/bids/7", "PUT, POST, OPTIONS")]
    [TestCase("GET", "/own", "OPTIONS")]
    public async Task Another_method_is_told_which_there_are(string method, string path, string allow)
    {
        var answer = await AskAsync(Auctions, method, path);
        Assert.That((answer.Status, answer.Headers["allow"], answer.Text), Is.EqualTo((405, allow, "Method Not Allowed")));
    }

    [Test]
    public async Task Options_is_answered_with_the_methods_and_nothing_else()
    {
        var answer = await AskAsync(Auctions, "OPTIONS", "/auctions");
        Assert.That((answer.Status, answer.Headers["allow"], answer.Body.Length), Is.EqualTo((204, "GET, HEAD, POST, OPTIONS", 0)));
    }

    [TestCase("GET", "/auctions/x")]
    [TestCase("OPTIONS", "/none")]
    [TestCase("PATCH", "/api/none")]
    public async Task A_path_without_any_route_is_404(string method, string path) =>
        Assert.That((await AskAsync(Auctions, method, path)).Status, Is.EqualTo(404));

    [Test]
    public async Task A_later_route_without_methods_takes_the_others()
    {
        Application router = new UrlRouter { { "POST a", Named("post") }, { "{**rest}", Named("rest") } };
        Assert.That((await AskAsync(router, "GET", "/a")).Text, Is.EqualTo("rest"));
    }

    [Test]
    public async Task A_websocket_is_never_led_by_a_route_with_a_method()
    {
        var conversation = await Conversation.RunAsync(new UrlRouter { { "GET a", Named("a") } }, Conversation.WebSocket("/a"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
    }

    [Test]
    public async Task The_template_and_captures_are_those_of_the_path_alone()
    {
        var probe = new Probe();
        await Conversation.RunAsync(new UrlRouter { { "GET /a/{id:int}", probe } }, Conversation.Http("/a/7"));
        Assert.That((probe.Route.Template, probe.Route.Get<int>("id")), Is.EqualTo(("a/{id:int}", 7)));
    }

    [Test]
    public void Walk_and_log_show_the_methods()
    {
        Application router = new UrlRouter { { "GET|POST a", new Probe() }, { "b/", new UrlRouter { { "PUT c", new Probe() }, { "d", new Probe() } } } };
        Assert.That(ApplicationTree.Walk(router).Select(entry => entry.Path), Is.EqualTo(new[] { "", "GET|POST a", "b/", "b/ PUT c", "b/ d" }));

        var scope = Conversation.Http("/x/") with { Route = new RouteMatch { Remaining = "x/" } };
        Assert.That(async () => await new Conversation().ServeAsync(router, scope), Throws.TypeOf<RouteNotFoundException>().With.Message.EndsWith("routes are: 'GET|POST a', 'PUT b/c', 'b/d'."));
    }

    [TestCase("post auctions", "in capitals")]
    [TestCase("GET| auctions", "joined by '|'")]
    [TestCase("GET|GET auctions", "names a method twice")]
    [TestCase("GET  auctions", "white space")]
    [TestCase("GET, POST auctions", "white space")]
    [TestCase("my auctions/{id}", "in capitals")]
    public void A_mistake_before_the_template_is_reported_when_the_program_starts(string key, string why) =>
        Assert.That(() => new UrlRouter { { key, Named("") } }.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains(key.Split("  ")[^1]).And.Message.Contains(why));

    [TestCase("GET a", "GET a/")]
    [TestCase("GET a", "HEAD a")]
    [TestCase("POST {x}", "PUT|POST {y}")]
    [TestCase("a", "GET a")]
    public void Two_endpoints_of_one_method_and_path_do_not_start(string first, string second) => Assert.That(
        () => Prepare(new UrlRouter { { first, new Probe() }, { second, new Probe() } }),
        Throws.InvalidOperationException.With.Message.Contains($"'{first}' (Probe) and '{second}' (Probe)"));

    [TestCase("GET a", "POST a")]
    [TestCase("HEAD a", "GET a")]
    [TestCase("GET a", "a")]
    public void Different_methods_of_one_path_start(string first, string second) =>
        Assert.That(() => Prepare(new UrlRouter { { first, new Probe() }, { second, new Probe() } }), Throws.Nothing);

    [Test]
    public void A_method_that_the_route_around_does_not_serve_does_not_start() => Assert.That(
        () => Prepare(new UrlRouter { { "GET a/", new UrlRouter { { "POST b", new Probe() } } } }),
        Throws.InvalidOperationException.With.Message.Contains("'POST a/b' is never reached").And.Message.Contains("GET only"));

    [Test]
    public void A_method_below_another_protocol_does_not_start() => Assert.That(
        () => Prepare(new ProtocolTypeRouter { ["websocket"] = new Passing(new UrlRouter { { "a/", new UrlRouter { { "GET b", new Probe() } } } }) }),
        Throws.InvalidOperationException.With.Message.EqualTo(
            "ProtocolTypeRouter cannot start: the route 'GET b' stands below 'websocket', where connections have no method, so that it is never reached; write 'b'"));

    private static void Prepare(Application application) => ApplicationTree.Prepare(application, new LogList());

    private static Application Named(string name) => (_, _, send) => Respond.TextAsync(send, name);

    private static async Task<HttpResult> AskAsync(Application application, string method, string path)
    {
        await using var request = Communicator.Http(application, method, path);
        return await request.GetResponseAsync();
    }
}
