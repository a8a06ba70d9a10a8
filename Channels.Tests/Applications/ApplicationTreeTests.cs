using Channels.Routing;

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

    private sealed class Failing : IApplicationNode
    {
        public string Description => "Failing";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public static implicit operator Application(Failing node) => node.InvokeAsync;

        public void Prepare(IServiceProvider services) => throw new InvalidOperationException("no wheels.");

        private Task InvokeAsync(Scope scope, Receive receive, Send send) => Task.CompletedTask;
    }
}
