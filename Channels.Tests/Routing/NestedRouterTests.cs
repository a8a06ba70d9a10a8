using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class NestedRouterTests
{
    private readonly Probe _probe = new();
    private readonly Probe _other = new();

    [Test]
    [Proves("C-ROUTE-12")]
    public async Task Named_captures_of_both_levels_are_merged()
    {
        await Conversation.RunAsync(
            new UrlRouter { { new Regex(@"^universe/(?<universe>\d+)/"), new UrlRouter { { new Regex(@"^room/(?<room>\w+)"), _probe } } } },
            Conversation.WebSocket("/universe/1/room/x"));
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?> { ["universe"] = "1", ["room"] = "x" }));
    }

    [Test]
    [Proves("C-ROUTE-13")]
    public async Task Positional_captures_are_joined_outer_first()
    {
        await Conversation.RunAsync(
            new UrlRouter { { new Regex(@"^universe/(\d+)/"), new UrlRouter { { new Regex(@"^room/(\w+)"), _probe } } } },
            Conversation.WebSocket("/universe/1/room/x"));
        Assert.That(_probe.Route.Arguments, Is.EqualTo(new[] { "1", "x" }));
    }

    [Test]
    [Proves("C-ROUTE-14")]
    public async Task A_template_before_a_router_is_a_prefix()
    {
        await Conversation.RunAsync(new UrlRouter { { "a/{x:int}/", new UrlRouter { { "b/{y}/", _probe } } } }, Conversation.WebSocket("/a/1/b/z/"));
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?> { ["x"] = 1, ["y"] = "z" }));
        Assert.That(_probe.Route.Template, Is.EqualTo("a/{x:int}/b/{y}/"));
        Assert.That(_probe.Route.Remaining, Is.Empty);
    }

    [Test]
    [Proves("C-ROUTE-15")]
    public async Task A_template_before_middleware_before_a_router_is_a_prefix()
    {
        Application router = new UrlRouter { { "a/", new Passing(new Passing(new UrlRouter { { "b/", _probe } })) } };
        await Conversation.RunAsync(router, Conversation.WebSocket("/a/b/"));
        Assert.That(_probe.Called, Is.True);
    }

    [Test]
    [Proves("C-ROUTE-15")]
    public async Task A_router_filled_after_it_was_nested_counts_too()
    {
        var inner = new UrlRouter();
        var outer = new UrlRouter { { "a/", new Passing(inner) } };
        inner.Add("b/", _probe);
        await Conversation.RunAsync(outer, Conversation.WebSocket("/a/b/"));
        Assert.That(_probe.Called, Is.True);
    }

    [Test]
    [Proves("C-ROUTE-15")]
    public async Task Any_application_can_declare_that_it_reads_on()
    {
        var site = new Site();
        await Conversation.RunAsync(new UrlRouter { { "site/", new Passing(site) } }, Conversation.Http("/site/css/main.css"));
        Assert.That(site.Remaining, Is.EqualTo("css/main.css"));
    }

    [TestCase("/a/b/", 200)]
    [TestCase("/a/b/c", 404)]
    [Proves("C-ROUTE-16")]
    public async Task Behind_a_protocol_router_only_the_protocols_own_branch_counts(string path, int status)
    {
        Application router = new UrlRouter
        {
            { "a/b/", new ProtocolTypeRouter { ["websocket"] = new UrlRouter { { "c", _probe } }, ["http"] = Answer } },
        };
        Assert.That((await Conversation.RunAsync(router, Conversation.Http(path))).Status(), Is.EqualTo(status));
        await Conversation.RunAsync(router, Conversation.WebSocket("/a/b/c"));
        Assert.That(_probe.Called, Is.True);

        static async Task Answer(Scope scope, Receive receive, Send send)
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody("x"u8.ToArray()));
        }
    }

    [Test]
    [Proves("C-ROUTE-16")]
    public async Task An_inner_endpoint_does_not_match_with_more_path()
    {
        var conversation = await Conversation.RunAsync(new UrlRouter { { "a/", new UrlRouter { { "b/", _probe } } } }, Conversation.WebSocket("/a/b/c/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(_probe.Called, Is.False);
    }

    [TestCase("/ab/", false)]
    [TestCase("/a/b/", true)]
    [TestCase("/a//b/", true)]
    public async Task A_prefix_ends_at_a_segment(string path, bool expected)
    {
        await Conversation.RunAsync(new UrlRouter { { "a", new UrlRouter { { "b/", _probe } } } }, Conversation.WebSocket(path));
        Assert.That(_probe.Called, Is.EqualTo(expected));
    }

    [Test]
    [Proves("C-ROUTE-17")]
    public async Task Without_an_inner_match_the_outer_router_goes_on()
    {
        await Conversation.RunAsync(
            new UrlRouter { { "a/", new Passing(new UrlRouter { { "x/", _other } }) }, { "a/", new UrlRouter { { "b/", _probe } } } },
            Conversation.WebSocket("/a/b/"));
        Assert.That((_probe.Called, _other.Called), Is.EqualTo((true, false)));
    }

    [Test]
    [Proves("C-ROUTE-18")]
    public async Task Three_levels_take_the_root_path_off_once()
    {
        Application router = new UrlRouter { { "root/", new UrlRouter { { "a/", new UrlRouter { { "b/", _probe } } } } } };
        await Conversation.RunAsync(router, Conversation.WebSocket("/root/root/a/b/", "/root"));
        Assert.That(_probe.Called, Is.True);
        Assert.That(((RequestScope)_probe.Scope!).Path, Is.EqualTo("/root/root/a/b/"));
    }

    [Test]
    [Proves("C-ROUTE-21")]
    public async Task An_inner_capture_replaces_an_outer_one()
    {
        await Conversation.RunAsync(
            new UrlRouter { { "{x}/", new UrlRouter { { "{x}/{y}", _probe } }, ("z", 1) } },
            Conversation.WebSocket("/outer/inner/more"));
        Assert.That(_probe.Route.Values, Is.EquivalentTo(new Dictionary<string, object?> { ["x"] = "inner", ["y"] = "more", ["z"] = 1 }));
    }

    [Test]
    [Proves("C-ROUTE-23")]
    public async Task The_routers_task_is_the_applications()
    {
        var finish = new TaskCompletionSource();
        Application router = new UrlRouter { { "a/", new UrlRouter { { "b/", (_, _, _) => finish.Task } } } };
        var serving = Conversation.RunAsync(router, Conversation.WebSocket("/a/b/"));
        Assert.That(serving.IsCompleted, Is.False);
        finish.SetException(new FormatException("mine"));
        Assert.That(async () => await serving, Throws.TypeOf<FormatException>());
        await Task.CompletedTask;
    }

    [Test]
    public void Routes_of_nested_routers_show_in_the_tree()
    {
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new Passing(new UrlRouter { { "a/", new UrlRouter { { "{b:int}/", _probe } } }, { new Regex("^c"), _other } }),
        };
        Assert.That(
            ApplicationTree.Walk(root).Where(e => e.Node is Probe).Select(e => e.Path),
            Is.EqualTo(new[] { "websocket a/ {b:int}/", "websocket ^c" }));
    }

    private sealed class Site : IPrefixApplication
    {
        public string? Remaining { get; private set; }

        public string Description => "Site";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public static implicit operator Application(Site site) => site.InvokeAsync;

        public void Prepare(IServiceProvider services)
        {
        }

        private Task InvokeAsync(Scope scope, Receive receive, Send send)
        {
            Remaining = scope.Route.Remaining;
            return Task.CompletedTask;
        }
    }
}
