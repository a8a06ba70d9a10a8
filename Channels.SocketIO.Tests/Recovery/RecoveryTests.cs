using System.Globalization;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>Clients that were cut off come back to what they had, in whatever process.</summary>
/// <param name="layer">The layer between the processes.</param>
[TestFixture("memory")]
[TestFixture("redis")]
[TestFixture("redis-pubsub")]
internal sealed class RecoveryTests(string layer) : RecoveryFixture(layer)
{
    private readonly bool _isOneProcess = layer == "memory";

    [Test]
    [Proves("S-SIO-82")]
    public async Task The_answer_has_a_secret_and_events_have_an_offset_that_are_neither_volatile_nor_acknowledged()
    {
        var process = await StartAsync();
        var client = NewClient();
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Pid, Is.Not.Empty.And.Not.EqualTo(client.Id));
        client.Session.Text("25[\"kinds\"]");
        Assert.That(await client.Session.ReceiveAsync(), Does.Match("^42\\[\"plain\",\"[0-9a-f]{16}:1\"\\]$"));
        await client.Session.ExpectAsync("42[\"volatile\"]");
        Assert.That(await client.Session.ReceiveAsync(), Does.Match("^451-\\[\"bytes\",\\{\"_placeholder\":true,\"num\":0\\},\"[0-9a-f]{16}:2\"\\]$"));
        await client.Session.ExpectAsync("09", "435[]", "420[\"acknowledged\"]");
        client.Session.Text("30[]");
        await process.Server.Of("/").Local.EmitAsync("local", "x");
        await client.Session.ExpectAsync("42[\"local\",\"x\"]");
        await process.Server.Of("/").EmitAsync("all", "x");
        Assert.That(await client.Session.ReceiveAsync(), Does.Match("^42\\[\"all\",\"x\",\"[0-9a-f]{16}:3\"\\]$"));
    }

    [Test]
    [Proves("S-SIO-82")]
    public async Task What_a_handler_emits_comes_before_its_acknowledgement()
    {
        var process = await StartAsync();
        var client = NewClient();
        await client.ConnectAsync(process.Server, process.Services);
        for (var i = 0; i < 20; i++)
        {
            client.Session.Text($"2{i}[\"hello\"]");
            await client.ExpectAsync("42[\"hello\",1]", $"43{i}[\"done\"]");
        }
    }

    [TestCase(3)]
    [TestCase(250)]
    [Proves("S-SIO-83", "S-SIO-65")]
    public async Task Who_comes_back_to_another_process_has_everything_and_misses_nothing(int count)
    {
        var (one, two) = (await StartAsync(), await StartAsync());
        var client = await ConnectAsync(one, "room", "left", "muted");
        await client.CallAsync("[\"fill\"]");
        await client.CallAsync("[\"leave\",\"left\"]");
        await client.DropAsync();
        for (var i = 0; i < count; i++)
        {
            await (i % 2 == 0 ? one : two).Server.To("room", "filled").EmitAsync("news", i, new byte[] { 1 });
            await two.Server.To("left").EmitAsync("nothing");
            await one.Server.To("room").Except("muted").EmitAsync("nothing");
        }

        await one.Server.Of("/").EmitAsync("all");
        await two.Server.Of("/other").EmitAsync("nothing");
        await two.Server.To("room").Volatile.EmitAsync("nothing");
        var (id, pid) = (client.Id, client.Pid);
        var missed = await client.ConnectAsync(two.Server, two.Services);
        Assert.That((client.Id, client.Pid), Is.EqualTo((id, pid)));
        var expected = Enumerable.Range(0, count).SelectMany(i => new[] { $"451-[\"news\",{i.ToString(CultureInfo.InvariantCulture)},{{\"_placeholder\":true,\"num\":0}}]", "01" });
        Assert.That(missed, Is.EqualTo(expected.Append("42[\"all\"]")));
        await client.CallAsync("[\"state\"]", "\"True filled,muted,room anna 7 0102 cat 03 False\"");
        await one.Server.To("room").EmitAsync("more");
        await client.ExpectAsync("42[\"more\"]");
        await ExpectNothingAsync(client);
        Assert.That(new[] { await Journal.NextAsync(), await Journal.NextAsync(), await Journal.NextAsync() }, Is.EqualTo(new[] { "connected False", "left transport close", "connected True" }));
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task A_connection_that_is_dead_without_its_process_knowing_it_makes_room()
    {
        var (one, two) = (await StartStillAsync(), await StartStillAsync());
        var client = await ConnectAsync(one, "room");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected False"));
        await two.Server.To("room").EmitAsync("news");
        var id = client.Id;
        Assert.That(await client.ConnectAsync(two.Server, two.Services), Is.EqualTo(new[] { "42[\"news\"]" }));
        Assert.That(client.Id, Is.EqualTo(id));
        Assert.That(new[] { await Journal.NextAsync(), await Journal.NextAsync() }, Is.EquivalentTo(new[] { "connected True", "left transport close" }));
        Assert.That((await two.Server.To("room").FetchSocketsAsync()).Select(socket => socket.Id), Is.EqualTo(new[] { id }));
        await client.DropAsync();
        await one.Server.To("room").EmitAsync("later");
        Assert.That(await client.ConnectAsync(one.Server, one.Services), Is.EqualTo(new[] { "42[\"later\"]" }), "what the dead connection wrote down at its end counts for nothing");
    }

    [Test]
    [Proves("S-SIO-85")]
    public async Task Of_two_that_come_back_as_one_client_one_does()
    {
        var (one, two) = (await StartStillAsync(), await StartStillAsync()); // the moment after which another may come back does not pass
        var client = await ConnectAsync(one, "room");
        await client.DropAsync();
        var twin = NewClient();
        (twin.Pid, twin.Offset) = (client.Pid, client.Offset);
        var id = client.Id;
        client.Ask(one.Server, one.Services);
        twin.Ask(two.Server, two.Services);
        await client.AnswerAsync();
        await twin.AnswerAsync();
        Assert.That(new[] { client.Id, twin.Id }, Has.Exactly(1).EqualTo(id));
        Assert.That(client.Pid, Is.Not.EqualTo(twin.Pid));
    }

    [Test]
    [Proves("S-SIO-83", "S-SIO-85")]
    public async Task However_often_it_is_cut_off_every_event_comes_once_and_in_order()
    {
        const int count = 300;
        Process[] processes = [await StartAsync(), await StartAsync()];
        var client = await ConnectAsync(processes[0], "room");
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; i <= count; i++)
            {
                await processes[i % 2].Server.To("room").EmitAsync("news", i);
            }
        });
        var random = new Random(17);
        var id = client.Id;
        List<string> got = [];
        for (var turn = 0; got.Count < count; turn++)
        {
            for (var left = random.Next(20); left >= 0 && got.Count < count; left--)
            {
                got.Add(await client.NextAsync());
            }

            await client.DropAsync();
            got.AddRange(await client.ConnectAsync(processes[turn % 2].Server, processes[turn % 2].Services));
            Assert.That(client.Id, Is.EqualTo(id));
        }

        await publishing;
        Assert.That(got, Is.EqualTo(Enumerable.Range(1, count).Select(i => $"42[\"news\",{i.ToString(CultureInfo.InvariantCulture)}]")));
        await ExpectNothingAsync(client);
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task What_is_emitted_to_a_client_that_is_away_waits_for_it()
    {
        var (one, two) = (await StartAsync(), await StartAsync());
        var client = await ConnectAsync(one);
        await client.DropAsync("ping timeout");
        await two.Server.To(client.Id).EmitAsync("you");
        Assert.That(await client.ConnectAsync(one.Server, one.Services), Is.EqualTo(new[] { "42[\"you\"]" }));
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task What_comes_while_the_client_is_let_in_comes_behind_what_it_missed()
    {
        var (one, two) = (await StartAsync(), await StartAsync());
        var client = await ConnectAsync(one, "room");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected False"));
        await client.DropAsync();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left transport close"));
        await one.Server.To("room").EmitAsync("missed");
        client.Says = "\"wait\":1";
        client.Ask(two.Server, two.Services);
        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected True"));
        await one.Server.To("room").EmitAsync("meanwhile");
        Journal.Gate.SetResult();
        Assert.That(await client.AnswerAsync(), Is.EqualTo(new[] { "42[\"missed\"]" }));
        await client.ExpectAsync("42[\"meanwhile\"]");
        await ExpectNothingAsync(client);
    }

    [TestCase(0)]
    [TestCase(1)]
    [Proves("S-SIO-84")]
    public async Task Who_has_left_or_was_sent_away_begins_anew(int way)
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process, "room");
        if (way == 0)
        {
            client.Session.Text("1");
        }
        else
        {
            await process.Server.To(client.Id).DisconnectSocketsAsync();
            await client.ExpectAsync("41");
        }

        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected False"));
        Assert.That(await Journal.NextAsync(), Does.StartWith("left "));
        await client.DropAsync();
        await ExpectFreshAsync(client, process);
    }

    [TestCase("\"pid\":\"unknown-00000000000\",\"offset\":\"0123456789abcdef:1\"")]
    [TestCase("\"pid\":\"PID\",\"offset\":\"0123456789abcdef:1\"")]
    [TestCase("\"pid\":\"PID\",\"offset\":\"EPOCH:99999\"")]
    [TestCase("\"pid\":\"PID\",\"offset\":\"*:0\"")]
    [TestCase("\"pid\":\"PID\",\"offset\":\"last argument\"")]
    [TestCase("\"pid\":\"PID\",\"offset\":7")]
    [TestCase("\"pid\":\"PID\"")]
    [TestCase("\"pid\":[],\"offset\":{}")]
    [TestCase("\"pid\":\"\\ud800\",\"offset\":\"\\ud800\"")]
    [Proves("S-SIO-84")]
    public async Task Who_says_what_cannot_be_begins_anew(string says)
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        client.Says = says.Replace("PID", client.Pid, StringComparison.Ordinal).Replace("EPOCH", client.Offset!.Split(':')[0], StringComparison.Ordinal);
        (client.Pid, client.Offset) = ("", null);
        await ExpectFreshAsync(client, process);
    }

    [Test]
    [Proves("S-SIO-84")]
    public async Task Who_has_missed_more_than_is_kept_begins_anew()
    {
        var process = await StartAsync(configure: services => services.Configure<HistoryOptions>(options => options.MaxMessages = 5));
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        for (var i = 0; i < 6; i++)
        {
            await process.Server.To("elsewhere").EmitAsync("news", i);
        }

        await ExpectFreshAsync(client, process);
    }

    [Test]
    [Proves("S-SIO-84")]
    public async Task Another_user_does_not_come_back_in_ones_place()
    {
        var process = await StartAsync();
        var client = NewClient();
        await client.ConnectAsync(process.Server, process.Services, scope => scope with { User = UserNamed("anna") });
        await process.Server.Of("/").EmitAsync("first");
        await client.ExpectAsync("42[\"first\"]");
        await client.DropAsync();
        var id = client.Id;
        await client.ConnectAsync(process.Server, process.Services, scope => scope with { User = UserNamed("anna") });
        Assert.That(client.Id, Is.EqualTo(id));
        await client.DropAsync();
        await client.ConnectAsync(process.Server, process.Services, scope => scope with { User = UserNamed("bob") });
        Assert.That(client.Id, Is.Not.EqualTo(id));
    }

    [Test]
    public async Task A_client_that_is_refused_when_it_comes_back_begins_anew()
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        await process.Server.To("room").EmitAsync("missed");
        client.Says = "\"refuse\":1";
        client.Ask(process.Server, process.Services);
        await client.Session.ExpectAsync("44{\"message\":\"No\"}");
        client.Says = "";
        await ExpectFreshAsync(client, process);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("S-SIO-86")]
    public async Task Middleware_is_passed_by_unless_it_is_wanted(bool skip)
    {
        var process = await StartAsync(new() { Recovery = new() { SkipMiddleware = skip } }, null, inner => (scope, receive, send) =>
        {
            Journal.Note($"middleware {((SocketIOScope)scope).IsRecovered}");
            return inner(scope, receive, send);
        });
        var client = await ConnectAsync(process);
        await client.DropAsync();
        await client.ConnectAsync(process.Server, process.Services);
        List<string> notes = [await Journal.NextAsync(), await Journal.NextAsync(), await Journal.NextAsync(), await Journal.NextAsync()];
        Assert.That(notes, Is.EqualTo(new[] { "middleware False", "connected False", "left transport close", skip ? "connected True" : "middleware True" }));
    }

    [Test]
    public async Task Middleware_that_wants_to_see_what_is_sent_does()
    {
        var process = await StartAsync(new() { Recovery = new() { SkipMiddleware = false } }, null, inner => (scope, receive, send) => inner(scope, receive, (message, token) =>
        {
            if (message is SocketIOEmit emit)
            {
                Journal.Note($"sent {emit.Name}");
            }

            return send(message, token);
        }));
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        await process.Server.To("room").EmitAsync("missed");
        await client.ConnectAsync(process.Server, process.Services);
        await client.ExpectAsync("42[\"missed\"]");
        await process.Server.To("room").EmitAsync("live");
        await client.ExpectAsync("42[\"live\"]");
        List<string> notes = [];
        while (notes.Count < 6)
        {
            notes.Add(await Journal.NextAsync());
        }

        Assert.That(notes.Where(note => note.StartsWith("sent", StringComparison.Ordinal)), Is.EqualTo(new[] { "sent first", "sent missed", "sent live" }));
    }

    [Test]
    [Proves("S-SIO-68")]
    public async Task A_broadcast_is_encoded_once_for_all_clients_of_a_process()
    {
        var process = await StartAsync();
        ReturningClient[] clients = [await ConnectAsync(process, "a"), await ConnectAsync(process, "a", "b"), await ConnectAsync(process, "b")];
        await process.Server.To("a", "b").EmitAsync("news");
        foreach (var client in clients)
        {
            await client.ExpectAsync("42[\"news\"]");
            await ExpectNothingAsync(client);
        }

        Assert.That(clients.Select(client => client.Session.Sends.Single(send => System.Text.Encoding.UTF8.GetString(send.GetPayload().Span).Contains("news", StringComparison.Ordinal))).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Namespaces_come_back_each_by_itself()
    {
        var process = await StartAsync();
        var (main, other) = (NewClient(), NewClient("/other"));
        await main.ConnectAsync(process.Server, process.Services);
        await other.ConnectAsync(process.Server, process.Services);
        await process.Server.Of("/").EmitAsync("main");
        await process.Server.Of("/other").EmitAsync("other");
        await main.ExpectAsync("42[\"main\"]");
        await other.ExpectAsync("42/other,[\"other\"]");
        await other.DropAsync();
        await process.Server.Of("/other").EmitAsync("missed");
        await process.Server.Of("/").EmitAsync("more");
        Assert.That(await other.ConnectAsync(process.Server, process.Services), Is.EqualTo(new[] { "42/other,[\"missed\"]" }));
        await main.ExpectAsync("42[\"more\"]");
        (main.Pid, main.Offset) = (other.Pid, other.Offset);
        await main.DropAsync();
        var id = other.Id;
        await main.ConnectAsync(process.Server, process.Services);
        Assert.That(main.Id, Is.Not.EqualTo(id), "a secret opens its own namespace only");
    }

    [Test]
    public async Task An_emitter_beside_the_servers_reaches_those_who_are_away()
    {
        var process = await StartAsync();
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        var emitter = new SocketIOEmitter(process.Services.GetRequiredService<IChannelLayer>(), new() { Recovery = new() }, process.Services.GetRequiredService<IGroupHistory>());
        await emitter.To("room").EmitAsync("news");
        Assert.That(await client.ConnectAsync(process.Server, process.Services), Is.EqualTo(new[] { "42[\"news\"]" }));
        Assert.That(() => new SocketIOEmitter(process.Services.GetRequiredService<IChannelLayer>(), new() { Recovery = new() }), Throws.ArgumentException.With.Message.Contains("IGroupHistory"));
    }

    [Test]
    public async Task A_server_that_stops_keeps_its_clients()
    {
        var (one, two) = (await StartAsync(), await StartAsync());
        var client = await ConnectAsync(one, "room");
        await client.DropAsync("server shutting down");
        await ((IHostedApplication)one.Server).StopAsync(CancellationToken.None);
        if (!_isOneProcess)
        {
            await one.Services.DisposeAsync();
        }

        await two.Server.To("room").EmitAsync("missed");
        Assert.That(await client.ConnectAsync(two.Server, two.Services), Is.EqualTo(new[] { "42[\"missed\"]" }));
    }

    private static System.Security.Claims.ClaimsPrincipal UserNamed(string name) => new(new System.Security.Claims.ClaimsIdentity([new("name", name)], "test", "name", null));

    private static async Task ExpectFreshAsync(ReturningClient client, Process process)
    {
        var (id, pid) = (client.Id, client.Pid);
        Assert.That(await client.ConnectAsync(process.Server, process.Services), Is.Empty);
        Assert.That(client.Id, Is.Not.EqualTo(id));
        Assert.That(client.Pid, Is.Not.EqualTo(pid).And.Not.Empty);
        await client.CallAsync("[\"state\"]", "\"False  nothing\"");
    }
}
