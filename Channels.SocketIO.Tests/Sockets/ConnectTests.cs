using System.Security.Claims;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>How clients enter namespaces, are kept out, and leave.</summary>
internal sealed class ConnectTests : SocketIOFixture
{
    [Test]
    [Proves("S-SIO-01", "S-SIO-09", "S-SIO-10", "S-SIO-11", "S-SIO-87")]
    public async Task The_answer_comes_first_and_holds_an_id_of_its_own()
    {
        var client = Open();
        client.Text("0");
        Assert.That(await client.ReceiveAsync(), Does.Match("^40{\"sid\":\"[A-Za-z0-9_-]{20}\"}$"));
        await client.ExpectAsync("42[\"auth\",{}]");
        Assert.That(await client.EnterAsync("/dyn-1"), Is.Not.EqualTo(await client.EnterAsync("/dyn-2")));
    }

    [Test]
    public async Task A_client_may_speak_before_the_server_has_sent_all_of_its_answer()
    {
        var client = Open();
        var early = 0;
        using var closed = new ManualResetEventSlim();
        client.OnSending = message =>
        {
            if (message is EngineIOClose)
            {
                closed.Set();
            }
            else if (Interlocked.Exchange(ref early, 1) == 0)
            {
                client.Text("27[\"echo\"]");
                closed.Wait(TimeSpan.FromMilliseconds(200)); // the time in which it was taken for a stranger
            }
        };
        await client.EnterAsync();
        await client.ExpectAsync("42[\"auth\",{}]", "437[]");
    }

    [TestCase("0", "/", "{\"token\":\"123\"}", "42[\"auth\",{\"token\":\"123\"}]")]
    [TestCase("0", "/custom", "", "42/custom,[\"auth\",{}]")]
    [TestCase("0", "/custom", "{\"token\":\"abc\"}", "42/custom,[\"auth\",{\"token\":\"abc\"}]")]
    [Proves("S-SIO-02", "S-SIO-03", "S-SIO-04")]
    public async Task The_hook_sees_what_the_client_says_for_itself(string type, string space, string authentication, string expected)
    {
        var client = Open();
        await client.EnterAsync(space, authentication);
        await client.ExpectAsync(expected);
        Assert.That(type, Is.EqualTo("0"));
    }

    [Test]
    [Proves("S-SIO-05", "S-SIO-15")]
    public async Task An_unknown_namespace_is_refused_and_the_connection_stays()
    {
        var client = Open();
        client.Text("0/random");
        await client.ExpectAsync("44/random,{\"message\":\"Invalid namespace\"}");
        await client.EnterAsync("/guarded", "{\"token\":\"right\"}");
    }

    [TestCase("abc")]
    [TestCase("0\"x\"")]
    [TestCase("0[]")]
    [TestCase("0null")]
    [TestCase("0{")]
    [TestCase("0{}x")]
    [TestCase("07{}")]
    [TestCase("2[\"message\"]")]
    [TestCase("")]
    [Proves("S-SIO-06", "S-SIO-17")]
    public async Task What_is_no_packet_closes_before_the_first_namespace(string text)
    {
        var client = Open();
        client.Text(text);
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-07", "S-SIO-08")]
    public async Task Who_enters_no_namespace_in_time_is_closed()
    {
        var client = Open();
        client.Text("0/random");
        await client.ExpectAsync("44/random,{\"message\":\"Invalid namespace\"}");
        Time.Advance(TimeSpan.FromSeconds(45));
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-08")]
    public async Task Who_has_entered_one_may_stay()
    {
        var client = await ConnectAsync();
        Assert.That(Time.ActiveTimers, Is.Zero);
        Time.Advance(TimeSpan.FromMinutes(5));
        await client.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-10")]
    public async Task What_others_send_while_the_hook_runs_comes_behind_the_answer()
    {
        var client = Open();
        client.Text("0{\"wait\":\"gate\"}");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("waiting"));
        await Server.To("early").EmitAsync("news", 1);
        Journal.Gate.SetResult();
        Assert.That(await client.ReceiveAsync(), Does.StartWith("40{"));
        await client.ExpectAsync("42[\"auth\",{\"wait\":\"gate\"}]", "42[\"news\",1]");
    }

    [TestCase("{\"token\":\"wrong\"}", "{\"message\":\"Not authorized\"}")]
    [TestCase("{\"token\":\"data\"}", "{\"message\":\"No\",\"data\":{\"code\":7}}")]
    [TestCase("{\"token\":\"broken\"}", "{\"message\":\"Internal server error\"}")]
    [Proves("S-SIO-12", "S-SIO-13", "S-SIO-15")]
    public async Task A_refused_client_is_told_why_and_may_try_again(string authentication, string told)
    {
        var client = await ConnectAsync();
        client.Text($"0/guarded,{authentication}");
        await client.ExpectAsync($"44/guarded,{told}");
        await Server.Of("/guarded").To("hall").EmitAsync("news");
        await client.ExpectNothingAsync();
        await client.EnterAsync("/guarded", "{\"token\":\"right\"}");
        Assert.That(Journal.IsEmpty);
        Assert.That(Journal.Logged.Any(line => line.StartsWith("Error 8102", StringComparison.Ordinal)), Is.EqualTo(authentication.Contains("broken", StringComparison.Ordinal)));
    }

    [Test]
    [Proves("S-SIO-14")]
    public async Task Entering_twice_closes()
    {
        var client = await ConnectAsync();
        client.Text("0");
        await client.ExpectAsync("close");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left forced server close from "));
    }

    [Test]
    [Proves("S-SIO-16")]
    public async Task Who_leaves_while_the_hook_runs_was_never_there()
    {
        var client = Open();
        client.Text("0{\"wait\":\"end\"}");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("waiting"));
        client.Leave();
        await client.Completion;
        Assert.That(Journal.IsEmpty);
        Assert.That(Layer.Count, Is.Zero);
    }

    [TestCase("0/", "40{")]
    [TestCase("0/,", "40{")]
    [TestCase("0/custom", "40/custom,{")]
    [TestCase("0/custom,", "40/custom,{")]
    [Proves("S-SIO-18")]
    public async Task A_namespace_may_be_written_in_two_ways(string text, string answer)
    {
        var client = Open();
        client.Text(text);
        Assert.That(await client.ReceiveAsync(), Does.StartWith(answer));
    }

    [Test]
    [Proves("S-SIO-19", "S-SIO-52", "S-SIO-53")]
    public async Task Leaving_one_namespace_leaves_the_others()
    {
        var client = await ConnectAsync();
        await client.EnterAsync("/custom");
        await client.ExpectAsync("42/custom,[\"auth\",{}]");
        client.Text("1/custom");
        client.Text("2[\"message\",\"message to main namespace\"]");
        await client.ExpectAsync("42[\"message-back\",\"message to main namespace\"]");
        client.Text("2/custom,[\"message\"]");
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-20")]
    public async Task Servers_do_not_see_each_others_namespaces()
    {
        var other = new SocketIOServer { { "/other", Consumer.Of<CustomNamespace>() } };
        other.Prepare(Services);
        var client = Open(other);
        client.Text("0");
        await client.ExpectAsync("44{\"message\":\"Invalid namespace\"}");
        await client.EnterAsync("/other");
    }

    [Test]
    [Proves("S-SIO-21", "S-SIO-64")]
    public async Task A_pattern_serves_namespaces_and_each_has_rooms_of_its_own()
    {
        var client = Open();
        client.Text("0/dyn-x");
        await client.ExpectAsync("44/dyn-x,{\"message\":\"Invalid namespace\"}");
        client.Text("0/dyn-5-more");
        await client.ExpectAsync("44/dyn-5-more,{\"message\":\"Invalid namespace\"}");
        await client.EnterAsync("/dyn-5");
        await client.EnterAsync("/dyn-6");
        client.Text("2/dyn-5,1[\"number\"]");
        await client.ExpectAsync("43/dyn-5,1[\"5\"]");
        client.Text("2/dyn-5,2[\"join\",\"room\"]");
        await client.ExpectAsync("43/dyn-5,2[]");
        await Server.Of("/dyn-6").To("room").EmitAsync("no");
        await Server.Of("/dyn-5").To("room").EmitAsync("yes");
        await client.ExpectAsync("42/dyn-5,[\"yes\"]");
        await client.ExpectNothingAsync("/dyn-6,");
    }

    [Test]
    public async Task A_client_is_in_so_many_namespaces_and_no_more()
    {
        var client = Open(MakeServer(new() { MaxNamespaces = 1 }));
        await client.EnterAsync("/dyn-1");
        client.Text("0/dyn-2");
        await client.ExpectAsync("44/dyn-2,{\"message\":\"Too many namespaces\"}");
    }

    [Test]
    [Proves("S-SIO-91")]
    public async Task Who_comes_back_while_his_handler_works_waits_where_as_many_applications_run_as_may()
    {
        var client = await ConnectAsync(MakeServer(new() { MaxNamespaces = 2 }));
        await client.EnterAsync("/dyn-1");
        client.Text("2[\"hold\"]");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("held"));
        client.Text("1");
        client.Text("0{\"wait\":\"gate\"}");
        for (var i = 0; i < 50; i++)
        {
            client.Text($"2/dyn-1,{i}[\"number\"]");
        }

        await Eventually.Is(() => client.Unread == 50);
        Assert.That(Journal.IsEmpty);
        Journal.Gate.SetResult();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left client namespace disconnect from "));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("waiting"));
        var frames = new List<string>();
        while (frames.Count < 52)
        {
            frames.Add(await client.ReceiveAsync());
        }

        Assert.That(frames.Where(frame => !frame.StartsWith("43/dyn-1,", StringComparison.Ordinal)), Has.Exactly(1).StartsWith("40{").And.Exactly(1).StartsWith("42[\"auth\""));
    }

    [Test]
    [Proves("S-SIO-51", "S-SIO-55", "S-SIO-58")]
    public async Task Leaving_is_not_answered_and_the_hook_sees_the_rooms()
    {
        var client = await ConnectAsync();
        client.Text("21[\"join\",\"a\"]");
        await client.ExpectAsync("431[]");
        client.Text("1");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left client namespace disconnect from a"));
        await client.EnterAsync("/guarded", "{\"token\":\"right\"}");
        await Eventually.Is(() => Layer.Count == 3);
    }

    [Test]
    [Proves("S-SIO-54")]
    public async Task Leaving_with_a_payload_closes()
    {
        var client = await ConnectAsync();
        client.Text("1{}");
        await client.ExpectAsync("close");
    }

    [TestCase("transport close")]
    [TestCase("ping timeout")]
    [TestCase("server shutting down")]
    [Proves("S-SIO-55", "S-SIO-57")]
    public async Task The_hook_is_told_why_the_session_has_ended(string reason)
    {
        var client = await ConnectAsync();
        client.Leave(reason);
        await client.Completion;
        Assert.That(await Journal.NextAsync(), Is.EqualTo($"left {reason} from "));
        Assert.That(Journal.IsEmpty);
    }

    [Test]
    [Proves("S-SIO-56")]
    public async Task The_server_sends_a_client_out_of_one_namespace()
    {
        var client = await ConnectAsync();
        await client.EnterAsync("/custom");
        await client.ExpectAsync("42/custom,[\"auth\",{}]");
        client.Text("2[\"out\",false]");
        await client.ExpectAsync("41");
        client.Text("2[\"message\"]"); // on its way when the client was sent out
        client.Text("0/dyn-1");
        Assert.That(await client.ReceiveAsync(), Does.StartWith("40/dyn-1,"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left server namespace disconnect from "));
    }

    [Test]
    [Proves("S-SIO-56")]
    public async Task The_server_closes_the_whole_connection()
    {
        var client = await ConnectAsync();
        client.Text("2[\"out\",true]");
        await client.ExpectAsync("41", "close");
    }

    [Test]
    [Proves("S-SIO-89", "S-EIO-17")]
    public async Task User_headers_and_query_of_the_opening_request_are_in_reach()
    {
        var client = Open(change: scope => scope with
        {
            User = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "ann")], "test")),
            Headers = new HeaderList { { "x-kind", "tall" } },
            QueryString = "a=1",
        });
        await client.EnterAsync();
        await client.ExpectAsync("42[\"auth\",{}]");
        client.Text("21[\"who\"]");
        await client.ExpectAsync("431[\"ann tall a=1\"]");
    }

    [Test]
    [Proves("S-SIO-78")]
    public async Task Middleware_around_a_namespace_runs_in_order_and_the_first_refuses()
    {
        Middleware note(string text) => inner => async (scope, receive, send) =>
        {
            Journal.Note($"{text} {((SocketIOScope)scope).Authentication.GetRawText()}");
            if (text == "third")
            {
                throw new SocketIORefusedException("stop", "why");
            }

            await inner(scope, receive, send);
        };
        var server = new SocketIOServer { { "/", MiddlewareStack.Of(note("first"), note("second"), note("third"))(Consumer.Of<MainNamespace>()) } };
        server.Prepare(Services);
        var client = Open(server);
        client.Text("0{\"a\":1}");
        await client.ExpectAsync("44{\"message\":\"stop\",\"data\":\"why\"}");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("first {\"a\":1}"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("second {\"a\":1}"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("third {\"a\":1}"));
    }

    [Test]
    public async Task Middleware_that_refuses_with_something_that_cannot_be_written_has_failed_and_the_client_is_told_so()
    {
        var server = new SocketIOServer { { "/", (_, _, _) => throw new SocketIORefusedException("stop", new Unwritable()) } };
        server.Prepare(Services);
        var client = Open(server);
        client.Text("0");
        await client.ExpectAsync("44{\"message\":\"Internal server error\"}");
        client.Text("0");
        await client.ExpectAsync("44{\"message\":\"Internal server error\"}");
    }

    [Test]
    [Proves("S-SIO-100")]
    public void A_namespace_is_served_by_one_application()
    {
        var server = new SocketIOServer { { "/", Consumer.Of<CustomNamespace>() } };
        Assert.That(() => server.Add("/", Consumer.Of<MainNamespace>()), Throws.ArgumentException.With.Message.Contains("'/' is there twice"));
    }

    private sealed class Unwritable
    {
        public string Text => throw new InvalidOperationException("it has none");
    }
}
