using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class ProtocolTypeRouterTests
{
    private readonly Probe _webSocket = new();
    private readonly Probe _http = new();

    private ProtocolTypeRouter Router => new() { ["websocket"] = _webSocket, ["http"] = _http };

    [Test]
    [Proves("C-ROUTE-01")]
    public async Task Known_types_dispatch_with_the_scope_unchanged()
    {
        var scope = Conversation.Http("/x");
        await Conversation.RunAsync(Router, scope);
        Assert.That(_http.Scope, Is.SameAs(scope));
        Assert.That(_webSocket.Called, Is.False);
    }

    [TestCase("channel")]
    [TestCase("")]
    [Proves("C-ROUTE-01", "C-APP-01")]
    public void Unknown_types_raise_naming_what_exists(string type)
    {
        Application router = Router;
        Assert.That(
            async () => await new Conversation().ServeAsync(router, new OtherScope(type)),
            Throws.TypeOf<UnsupportedScopeException>().With.Message.Contains($"'{type}'").And.Message.Contains("it has: websocket, http"));
    }

    [TestCase("http")]
    [TestCase("websocket")]
    [Proves("C-ROUTE-01")]
    public async Task What_strangers_ask_for_and_nobody_serves_is_404_and_one_line(string missing)
    {
        var logs = new LogList();
        Application router = new ProtocolTypeRouter { ["line"] = _http };
        for (var i = 0; i < 3; i++)
        {
            Scope scope = missing == "http" ? Conversation.Http("/") : Conversation.WebSocket("/");
            Assert.That((await Conversation.RunAsync(router, scope with { Services = logs })).Status(), Is.EqualTo(404));
        }

        Assert.That(logs.Lines.Single(), Does.StartWith($"Information 4002: Answered {missing} with 404").And.Contain("only for: line").And.Contain($"[\"{missing}\"] = …"));
    }

    [Test]
    public async Task Below_a_router_of_paths_the_next_route_is_tried()
    {
        Application router = new UrlRouter { { "a/", new ProtocolTypeRouter { ["websocket"] = _webSocket } }, { "{**rest}", _http } };
        await Conversation.RunAsync(router, Conversation.Http("/a/"));
        Assert.That(_http.Called, Is.True);
    }

    [Test]
    public async Task A_protocol_of_ones_own_is_an_entry_like_any_other()
    {
        var lines = new Probe();
        await new Conversation().ServeAsync(new ProtocolTypeRouter { ["line"] = lines }, new OtherScope("line"));
        Assert.That(lines.Called, Is.True);
    }

    [Test]
    [Proves("C-ROUTE-23")]
    public void The_task_is_the_applications_own()
    {
        var task = new TaskCompletionSource().Task;
        Application router = new ProtocolTypeRouter { ["http"] = (_, _, _) => task };
        Assert.That(router(Conversation.Http("/"), _ => default, (_, _) => default), Is.SameAs(task));
    }

    [Test]
    [Proves("C-APP-08")]
    public async Task Without_an_entry_the_router_answers_lifespan_itself()
    {
        await using var server = new LifespanCommunicator(Router);
        await server.StartupAsync();
        await server.ShutdownAsync();
        Assert.That((_webSocket.Called, _http.Called), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task A_lifespan_entry_is_called_instead()
    {
        var started = false;
        Application lifespan = async (_, receive, send) =>
        {
            started = await receive() is LifespanStartup;
            await send(new LifespanStartupComplete());
            await receive();
            await send(new LifespanShutdownComplete());
        };
        await using var server = new LifespanCommunicator(new ProtocolTypeRouter { ["http"] = _http, ["lifespan"] = lifespan });
        await server.StartupAsync();
        await server.ShutdownAsync();
        Assert.That(started, Is.True);
    }

    [Test]
    public void A_protocol_set_twice_does_not_start()
    {
        var router = Router;
        router["http"] = _webSocket;
        Assert.That(() => router.Prepare(NoServices.Instance), Throws.InvalidOperationException.With.Message.Contains("ProtocolTypeRouter routes the protocol 'http' twice"));
    }

    [Test]
    public void Entries_are_read_by_name_and_fixed_at_the_first_use()
    {
        var router = Router;
        Assert.That(router["http"].Target, Is.SameAs(_http));
        Assert.That(() => router["smtp"], Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("it has: websocket, http"));
        ApplicationTree.Prepare(router, new LogList());
        Assert.That(() => router["smtp"] = _http, Throws.InvalidOperationException.With.Message.Contains("before the first connection"));
    }

    [Test]
    public void An_empty_router_does_not_start() => Assert.That(
        () => ApplicationTree.Prepare(new ProtocolTypeRouter(), new LogList()),
        Throws.InvalidOperationException.With.Message.StartsWith("ProtocolTypeRouter cannot start: it has no entries"));

    private sealed record OtherScope(string Kind) : Scope(Kind);
}
