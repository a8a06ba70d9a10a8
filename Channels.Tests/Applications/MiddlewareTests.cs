using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Applications;

[TestFixture]
public sealed class MiddlewareTests
{
    private static readonly ScopeKey<string> Trace = new("trace");

    [Test]
    [Proves("C-APP-04")]
    public async Task What_a_middleware_adds_is_seen_inside_only()
    {
        var inside = new Probe();
        var scope = Conversation.WebSocket("/");
        await Conversation.RunAsync(new Tracing(inside, "x"), scope);
        Assert.That(inside.Scope!.Get(Trace), Is.EqualTo("x"));
        Assert.That(scope.TryGet(Trace, out _), Is.False);
    }

    [Test]
    [Proves("C-APP-04")]
    public async Task Routers_leave_the_scope_of_their_caller_unchanged()
    {
        var inside = new Probe();
        var scope = Conversation.WebSocket("/a/");
        await Conversation.RunAsync(new UrlRouter { { "{x}/", inside } }, scope);
        Assert.That(inside.Route["x"], Is.EqualTo("a"));
        Assert.That(scope.Route, Is.SameAs(RouteMatch.None));
    }

    [Test]
    [Proves("C-APP-05")]
    public void An_application_that_raises_ends_its_connection_through_routers_and_middleware()
    {
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new Passing(new UrlRouter { { "a/", new UrlRouter { { "b/", (_, _, _) => throw new FormatException("mine") } } } }),
        };
        Assert.That(async () => await Conversation.RunAsync(root, Conversation.WebSocket("/a/b/")), Throws.TypeOf<FormatException>());
    }

    [Test]
    public async Task A_stack_is_written_outermost_first()
    {
        var inside = new Probe();
        var stack = MiddlewareStack.Of(inner => new Tracing(inner, "a"), inner => new Tracing(inner, "b"), inner => new Tracing(inner, "c"));
        await Conversation.RunAsync(stack(inside), Conversation.WebSocket("/"));
        Assert.That(inside.Scope!.Get(Trace), Is.EqualTo("abc"));
        Assert.That(ApplicationTree.Walk(stack(inside)), Has.Count.EqualTo(4), "a stack of nodes can be walked");
    }

    [Test]
    [Proves("C-APP-08")]
    public async Task Lifespan_reaches_the_entry_through_middleware()
    {
        var startup = new ProtocolTypeRouter { ["http"] = new Probe(), ["lifespan"] = Fails };
        await using var server = new LifespanCommunicator(new Passing(startup));
        Assert.That(async () => await server.StartupAsync(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("no database"));

        static async Task Fails(Scope scope, Receive receive, Send send)
        {
            await receive();
            await send(new LifespanStartupFailed("no database"));
        }
    }

    [Test]
    [Proves("C-APP-01")]
    public void Routers_of_connections_have_no_lifespan_of_their_own()
    {
        Application paths = new UrlRouter();
        Application channels = new ChannelNameRouter();
        Assert.That(async () => await new Conversation().ServeAsync(paths, new LifespanScope()), Throws.TypeOf<UnsupportedScopeException>());
        Assert.That(async () => await new Conversation().ServeAsync(channels, new LifespanScope()), Throws.TypeOf<UnsupportedScopeException>());
    }

    private sealed class Tracing(Application inner, string mark) : ApplicationMiddleware(inner)
    {
        public override Task InvokeAsync(Scope scope, Receive receive, Send send) =>
            Inner(scope.With(Trace, (scope.TryGet(Trace, out var before) ? before : "") + mark), receive, send);
    }
}
