using Channels.Routing;
using Channels.Tests.Applications;
using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class RouteRefusalTests
{
    private readonly Probe _probe = new();

    [Test]
    [Proves("C-ROUTE-11")]
    public async Task No_route_for_a_websocket_is_a_quiet_404()
    {
        var conversation = await Conversation.RunAsync(new UrlRouter { { "a/", _probe } }, Conversation.WebSocket("/b/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(conversation.Received, Is.EqualTo(1), "the connect event is read before the answer");
        Assert.That(((WebSocketDenialStart)conversation.Sent[0]).Headers!["content-type"], Does.StartWith("text/plain"));
    }

    [Test]
    [Proves("C-ROUTE-11")]
    public async Task No_route_for_a_request_is_404()
    {
        var conversation = await Conversation.RunAsync(new UrlRouter { { "a/", _probe } }, Conversation.Http("/b/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(((HttpResponseBody)conversation.Sent[1]).MoreBody, Is.False);
    }

    [Test]
    [Proves("C-ROUTE-09")]
    public async Task A_path_outside_the_root_path_is_404() => Assert.That(
        (await Conversation.RunAsync(new UrlRouter { { "{**rest}", _probe } }, Conversation.WebSocket("/other/", "/root"))).Status(),
        Is.EqualTo(404));

    [Test]
    public async Task A_peer_that_has_gone_gets_no_answer()
    {
        var conversation = new Conversation().With(new WebSocketDisconnect(1006));
        await conversation.ServeAsync(new UrlRouter(), Conversation.WebSocket("/"));
        Assert.That(conversation.Sent, Is.Empty);
    }

    [Test]
    [Proves("C-ROUTE-11")]
    public void A_nested_router_hands_back_naming_its_routes()
    {
        Application nested = new UrlRouter { { "a/", _probe } };
        var scope = Conversation.WebSocket("/x/b/") with { Route = new RouteMatch { Remaining = "b/" } };
        Assert.That(
            async () => await new Conversation().ServeAsync(nested, scope),
            Throws.TypeOf<RouteNotFoundException>().With.Message.EqualTo("No route for websocket /x/b/; routes are: 'a/'."));
    }

    [TestCase("Development", "Information")]
    [TestCase("Production", "Debug")]
    public async Task The_log_says_which_routes_exist(string environment, string level)
    {
        var logs = new LogList(new TestEnvironment(environment));
        Application router = new UrlRouter { { "a/", new Passing(new UrlRouter { { "{b:int}/", _probe }, { "c/", _probe } }) }, { "d/", _probe } };
        await Conversation.RunAsync(router, Conversation.WebSocket("/x\n", services: logs));
        Assert.That(logs.Lines, Is.EqualTo(new[]
        {
            $"{level} 4001: No route for websocket '/x\\u000a' (root path ''); routes are: 'a/{{b:int}}/', 'a/c/', 'd/'",
        }));
    }

    [Test]
    public async Task A_long_list_of_routes_is_cut()
    {
        var logs = new LogList();
        var router = new UrlRouter();
        for (var i = 0; i < 60; i++)
        {
            router.Add($"r{i}/", _probe);
        }

        await Conversation.RunAsync(router, Conversation.Http("/x") with { Services = logs });
        Assert.That(logs.Lines.Single(), Does.EndWith("'r49/' and 10 more"));
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task An_endpoint_that_finds_nothing_hands_back_and_the_next_sees_an_untouched_connection()
    {
        Event? first = null;
        Application router = new UrlRouter
        {
            { "{name}/", FindNothing },
            {
                "a/", async (_, receive, _) => first = await receive()
            },
        };
        var conversation = await Conversation.RunAsync(router, Conversation.WebSocket("/a/"));
        Assert.That(first, Is.SameAs(WebSocketConnect.Instance));
        Assert.That(conversation.Received, Is.EqualTo(1));
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task An_endpoint_that_finds_nothing_ends_as_404_when_no_other_route_matches()
    {
        Application router = new UrlRouter { { "x/", new Passing(new UrlRouter { { "{name}/", FindNothing } }) } };
        Assert.That((await Conversation.RunAsync(router, Conversation.WebSocket("/x/a/"))).Status(), Is.EqualTo(404));
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task A_conversation_that_has_begun_is_never_given_to_another_route()
    {
        Application router = new UrlRouter { { "x/", new UrlRouter { { "{name}/", AcceptThenFindNothing } } }, { "{**rest}", _probe } };
        var conversation = new Conversation().With(WebSocketConnect.Instance);
        Assert.That(async () => await conversation.ServeAsync(router, Conversation.WebSocket("/x/a/")), Throws.TypeOf<RouteNotFoundException>());
        Assert.That(_probe.Called, Is.False);
        Assert.That(conversation.Sent, Has.Count.EqualTo(1));
        await Task.CompletedTask;

        static async Task AcceptThenFindNothing(Scope scope, Receive receive, Send send)
        {
            await receive();
            await send(new WebSocketAccept());
            throw new RouteNotFoundException("too late");
        }
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task After_two_events_only_the_answer_is_left()
    {
        Application router = new UrlRouter { { "{name}/", ReadTwoThenFindNothing }, { "{**rest}", _probe } };
        var conversation = new Conversation().With(new HttpRequest("a"u8.ToArray(), MoreBody: true), new HttpRequest("b"u8.ToArray()));
        await conversation.ServeAsync(router, Conversation.Http("/x/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(_probe.Called, Is.False);

        static async Task ReadTwoThenFindNothing(Scope scope, Receive receive, Send send)
        {
            await receive();
            await receive();
            throw new RouteNotFoundException("nothing");
        }
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task Who_has_asked_for_a_second_event_has_begun_whether_it_came_or_not()
    {
        Application router = new UrlRouter { { "{name}/", WaitThenFindNothing }, { "{**rest}", _probe } };
        var conversation = new Conversation { IsSilentAtTheEnd = true };
        await conversation.With(WebSocketConnect.Instance).ServeAsync(router, Conversation.WebSocket("/x/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(_probe.Called, Is.False);

        static async Task WaitThenFindNothing(Scope scope, Receive receive, Send send)
        {
            await receive();
            using var given = new CancellationTokenSource();
            var second = receive(given.Token).AsTask();
            await given.CancelAsync();
            Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
            throw new RouteNotFoundException("nothing");
        }
    }

    [Test]
    [Proves("C-ROUTE-22")]
    public async Task Each_of_many_that_find_nothing_reads_the_same_first_event()
    {
        var seen = new List<Event>();
        Application router = new UrlRouter { { "{a}/", ReadThenFindNothing }, { "{b}/", new Passing(new UrlRouter { { "", ReadThenFindNothing } }) }, { "{c}/", ReadThenFindNothing } };
        var conversation = await Conversation.RunAsync(router, Conversation.WebSocket("/x/"));
        Assert.That(conversation.Status(), Is.EqualTo(404));
        Assert.That(conversation.Received, Is.EqualTo(1));
        Assert.That(seen, Is.EqualTo(Enumerable.Repeat<Event>(WebSocketConnect.Instance, 3)));

        async Task ReadThenFindNothing(Scope scope, Receive receive, Send send)
        {
            seen.Add(await receive());
            throw new RouteNotFoundException("nothing");
        }
    }

    [Test]
    public async Task Events_after_the_first_pass_through_in_order()
    {
        var events = new Event[] { WebSocketConnect.Instance, WebSocketReceive.FromText("1"), WebSocketReceive.FromText("2"), new WebSocketDisconnect(1000) };
        var seen = new List<Event>();
        var conversation = new Conversation().With(events);
        await conversation.ServeAsync(new UrlRouter { { "", Read } }, Conversation.WebSocket("/"));
        Assert.That(seen, Is.EqualTo(events));

        async Task Read(Scope scope, Receive receive, Send send)
        {
            while (seen is not [.., WebSocketDisconnect])
            {
                seen.Add(await receive());
            }
        }
    }

    private static async Task FindNothing(Scope scope, Receive receive, Send send)
    {
        await receive();
        throw new RouteNotFoundException("no such thing");
    }
}
