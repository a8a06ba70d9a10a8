using Channels.Routing;
using Channels.Tests.Support;

namespace Channels.Tests.Applications;

[TestFixture]
public sealed class ApplicationTreeTests
{
    [Test]
    public void The_walk_shows_every_application_with_the_way_to_it()
    {
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = AllowedHosts.Wrap(new Passing(new UrlRouter { { "a/", new Probe() } }), "a.example"),
            ["http"] = (_, _, _) => Task.CompletedTask,
            ["channel"] = new ChannelNameRouter { ["jobs"] = new Probe() },
        };
        Assert.That(ApplicationTree.Walk(root).Select(e => $"{e.Depth}|{e.Path}|{e.Description}"), Is.EqualTo(new[]
        {
            "0||ProtocolTypeRouter",
            "1|websocket|AllowedHosts",
            "2|websocket|Passing",
            "3|websocket|UrlRouter",
            "4|websocket a/|Probe",
            "1|http|function",
            "1|channel|ChannelNameRouter",
            "2|channel jobs|Probe",
        }));
    }

    [Test]
    public void A_node_that_cannot_work_is_named_with_its_place()
    {
        Application root = new ProtocolTypeRouter { ["websocket"] = new UrlRouter { { "a/", new Failing() } } };
        Assert.That(() => ApplicationTree.Prepare(root, new LogList()), Throws.InvalidOperationException
            .With.Message.EqualTo("Failing at 'websocket a/' cannot start: no wheels."));
    }

    [Test]
    public void A_function_has_no_node() => Assert.That(ApplicationTree.NodeOf((_, _, _) => Task.CompletedTask), Is.Null);

    [Test]
    [Proves("FN-17")]
    public void What_a_lambda_has_captured_and_what_an_object_holds_stands_below_it()
    {
        Application chat = new Probe();
        var news = new Probe();
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter
            {
                { "a/", async (scope, receive, send) => await chat(scope, receive, send) },
                { "b/", new Holder(news).ServeAsync },
                { "c/", chat.AfterAsync },
                { "d/", Nested(new Probe()) },
            },
        };
        Assert.That(ApplicationTree.Walk(root).Skip(2).Select(e => $"{e.Depth}|{e.Path}|{e.Description}"), Is.EqualTo(new[]
        {
            "2|websocket a/|function",
            "3|websocket a/|Probe",
            "2|websocket b/|function",
            "3|websocket b/|Probe",
            "2|websocket c/|function",
            "2|websocket d/|function",
            "3|websocket d/|function",
            "4|websocket d/|Probe",
        }));
    }

    [Test]
    [Proves("FN-17")]
    public void A_consumer_in_a_lambda_is_checked_at_start()
    {
        Application broken = new Failing();
        Application root = new UrlRouter { { "a/", (scope, receive, send) => broken(scope, receive, send) } };
        Assert.That(() => ApplicationTree.Prepare(root, new LogList()), Throws.InvalidOperationException.With.Message.EqualTo("Failing at 'a/' cannot start: no wheels."));
    }

    [Test]
    public void A_lambda_that_leads_back_to_the_root_is_no_circle()
    {
        var router = new UrlRouter();
        router.Add("a/", (scope, receive, send) => router.InvokeAsync(scope, receive, send));
        Assert.That(ApplicationTree.Walk(router).Select(e => e.Description), Is.EqualTo(new[] { "UrlRouter", "function" }));
    }

    private static Application Nested(Application inner)
    {
        Middleware outer = next => (scope, receive, send) => next(scope, receive, send);
        return outer((scope, receive, send) => inner(scope, receive, send));
    }

    private sealed class Holder(IApplicationNode held)
    {
        public Task ServeAsync(Scope scope, Receive receive, Send send) => throw new NotSupportedException(held.Description);
    }

    private sealed class Failing : IApplicationNode
    {
        public string Description => "Failing";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public static implicit operator Application(Failing node) => node.InvokeAsync;

        public void Prepare(IServiceProvider services) => throw new InvalidOperationException("no wheels.");

        private Task InvokeAsync(Scope scope, Receive receive, Send send) => Task.CompletedTask;
    }
}

internal static class LateApplications
{
    public static Task AfterAsync(this Application inner, Scope scope, Receive receive, Send send) => inner(scope, receive, send);
}
