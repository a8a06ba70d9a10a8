using System.Text.RegularExpressions;
using Channels.Routing;
using Channels.Tests.Applications;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class RoutePreparationTests
{
    private readonly Probe _a = new();
    private readonly Probe _b = new();

    [TestCase("chat/", "chat/")]
    [TestCase("chat/", "chat")]
    [TestCase("/chat/", "chat/")]
    [TestCase("chat/{room}/", "chat/{name}/")]
    [TestCase("{**a}", "{**b}")]
    public void Two_endpoints_on_one_path_do_not_start(string first, string second) => Assert.That(
        () => Prepare(new UrlRouter { { first, _a }, { second, _b } }),
        Throws.InvalidOperationException.With.Message.StartsWith("UrlRouter cannot start: two endpoints stand on one path")
            .And.Message.Contains($"'{first.TrimStart('/')}' (Probe) and '{second}' (Probe)"));

    [Test]
    public void Two_equal_regular_expressions_do_not_start() => Assert.That(
        () => Prepare(new UrlRouter { { new Regex("^a"), _a }, { new Regex("^a"), _b } }),
        Throws.InvalidOperationException.With.Message.Contains("'^a' (Probe)"));

    [Test]
    public void Two_endpoints_on_one_path_are_found_across_nested_routers_and_middleware()
    {
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new Passing(new UrlRouter
            {
                { "", new Passing(new UrlRouter { { "a/{x:int}/", _a } }) },
                { "a/", new UrlRouter { { "{y:int}", _b } } },
            }),
        };
        Assert.That(() => Prepare(root), Throws.InvalidOperationException
            .With.Message.StartsWith("UrlRouter at 'websocket' cannot start").And.Message.Contains("'a/{x:int}/' (Probe) and 'a/{y:int}' (Probe)"));
    }

    [Test]
    public void Different_paths_start()
    {
        Application both = new UrlRouter
        {
            { "a/", _a },
            { "a/", new UrlRouter { { "b/", _b }, { "c/", _a } } },
            { "a/", new UrlRouter { { "d/", _b } } },
            { "{x}/", _a },
            { "{x:int}/", _a },
            { "x/", new ProtocolTypeRouter { ["http"] = _a, ["websocket"] = _b } },
            { new Regex("a"), _a },
            { new Regex("a", RegexOptions.IgnoreCase), _a },
        };
        Assert.That(() => Prepare(both), Throws.Nothing);
        Assert.That(() => Prepare(both), Throws.Nothing, "preparing again is allowed");
    }

    [Test]
    public void Every_endpoint_of_the_tree_is_prepared_once()
    {
        var shared = new Counting();
        Prepare(new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "a/", new Passing(shared) } },
            ["http"] = new UrlRouter { { "a/", shared }, { "b/", shared } },
        });
        Assert.That(shared.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_router_that_contains_itself_is_reported()
    {
        var router = new UrlRouter();
        router.Add("a/", new Passing(router));
        Assert.That(() => Prepare(router), Throws.InvalidOperationException.With.Message.Contains("contains itself"));
    }

    private static void Prepare(Application application) => ApplicationTree.Prepare(application, new LogList());

    private sealed class Counting : IApplicationNode
    {
        public int Count { get; private set; }

        public string Description => "Counting";

        public IReadOnlyList<ApplicationBranch> Branches => [];

        public static implicit operator Application(Counting node) => node.InvokeAsync;

        public void Prepare(IServiceProvider services) => Count++;

        private Task InvokeAsync(Scope scope, Receive receive, Send send) => Task.CompletedTask;
    }
}
