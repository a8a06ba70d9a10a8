using System.Text.Json;
using Channels.SocketIO;
using Channels.Tests.Sockets;

namespace Channels.Tests.Admin;

/// <summary>What administrators are told.</summary>
internal sealed class AdminReportTests : AdminFixture
{
    private const string Now = "2030-01-02T03:04:05.000Z";

    [Test]
    public async Task Clients_are_seen_from_their_coming_to_their_going()
    {
        var server = await StartAsync();
        var (admin, _) = await EnterAdminAsync(server);
        await SkipOwnArrivalAsync(admin);
        var (client, id) = await EnterAsync(server);
        await ExpectAsync(admin, $"""["room_joined","/","{id}","{id}","{Now}"]""");
        var connected = await NextAsync(admin);
        Assert.That(connected[0].GetString(), Is.EqualTo("socket_connected"));
        Assert.That(connected[1].GetProperty("id").GetString(), Is.EqualTo(id));
        Assert.That(connected[1].GetProperty("nsp").GetString(), Is.EqualTo("/"));
        Assert.That(connected[1].GetProperty("transport").GetString(), Is.EqualTo("polling"));
        Assert.That(connected[1].GetProperty("rooms").GetRawText(), Is.EqualTo($"""["{id}","lobby"]"""));
        Assert.That(connected[1].GetProperty("data").GetRawText(), Is.EqualTo("""{"key":"AQID","name":"ann"}"""));
        Assert.That(connected[2].GetString(), Is.EqualTo(Now));
        client.Text("21[\"join\",\"attic\"]");
        client.Text("22[\"leave\",\"attic\"]");
        await ExpectAsync(admin, $"""["event_received","/","{id}",["join","attic"],"{Now}"]""");
        await ExpectUnorderedAsync(admin, $"""["event_received","/","{id}",["leave","attic"],"{Now}"]""", $"""["room_joined","/","attic","{id}","{Now}"]""");
        await ExpectAsync(admin, $"""["room_left","/","attic","{id}","{Now}"]""");
        client.Text("1");
        await ExpectAsync(
            admin,
            $"""["socket_disconnected","/","{id}","client namespace disconnect","{Now}"]""",
            $"""["room_left","/","{id}","{id}","{Now}"]""",
            $"""["room_left","/","lobby","{id}","{Now}"]""");
    }

    [Test]
    public async Task Events_are_seen_with_their_arguments_both_ways()
    {
        var server = await StartAsync();
        var (one, first) = await EnterAsync(server);
        var (_, second) = await EnterAsync(server);
        var (admin, _) = await EnterAdminAsync(server);
        await SkipOwnArrivalAsync(admin);
        one.Text("51-[\"say\",1,{\"a\":{\"_placeholder\":true,\"num\":0}}]");
        one.Binary(1, 2, 3);
        await ExpectAsync(
            admin,
            $$"""["event_received","/","{{first}}",["say",1,{"a":"AQID"}],"{{Now}}"]""",
            $$"""["event_sent","/","{{first}}",["said",1,{"a":"AQID"}],"{{Now}}"]""");
        one.Text("2[\"tell\",\"é\"]");
        await ExpectAsync(
            admin,
            $"""["event_received","/","{first}",["tell","é"],"{Now}"]""",
            $"""["event_sent","/","{second}",["told","é"],"{Now}"]""");
        one.Text($"2[\"say\",\"{new string('x', 20_000)}\"]");
        await ExpectAsync(
            admin,
            $"""["event_received","/","{first}",["say","(1 arguments, too long to be shown)"],"{Now}"]""",
            $"""["event_sent","/","{first}",["said","(1 arguments, too long to be shown)"],"{Now}"]""");
    }

    [Test]
    public async Task What_is_kept_with_a_client_is_seen_when_it_has_changed()
    {
        var server = await StartAsync();
        var (client, id) = await EnterAsync(server);
        var (admin, list) = await EnterAdminAsync(server);
        Time.Advance(TimeSpan.FromSeconds(2));
        await UntilAsync(admin, "socket_updated");
        client.Text("21[\"rename\",\"bob\"]");
        await client.ExpectAsync("431[]");
        Time.Advance(TimeSpan.FromSeconds(2));
        var update = await UntilAsync(admin, "socket_updated");
        Assert.That(update[1].GetRawText(), Is.EqualTo($$$"""{"id":"{{{id}}}","nsp":"/","data":{"key":"AQID","name":"bob"}}"""));
        Assert.That(list[1][0].GetProperty("id").GetString(), Is.EqualTo(id));
    }

    [Test]
    public async Task What_would_let_others_in_is_not_shown()
    {
        var server = await StartAsync();
        var headers = new HeaderList { { "Cookie", "hidden1" }, { "Authorization", "hidden2" }, { "X-Shown", "a" }, { "x-shown", "b" } };
        var client = Open(server, scope => scope with { Headers = headers, QueryString = "EIO=4&a=b+c%20d&e", Scheme = "https" });
        await client.EnterAsync("/", "{\"token\":\"hidden3\"}");
        var (_, list) = await EnterAdminAsync(server);
        var socket = list[1][0];
        Assert.That(socket.GetProperty("handshake").GetProperty("headers").GetRawText(), Is.EqualTo("""{"x-shown":"a, b"}"""));
        Assert.That(socket.GetProperty("handshake").GetProperty("query").GetRawText(), Is.EqualTo("""{"EIO":"4","a":"b c d","e":""}"""));
        Assert.That(socket.GetProperty("data").GetRawText(), Is.EqualTo("""{"key":"AQID","name":"ann","unspeakable":null}"""));
        Assert.That(socket.GetProperty("handshake").GetProperty("secure").GetBoolean());
        Assert.That(socket.GetProperty("clientId").GetString(), Has.Length.EqualTo(12));
        Assert.That(list.GetRawText(), Does.Not.Contain("hidden").And.Not.Contain("secret")); // the session's id is the word secret
    }

    [Test]
    public async Task Without_more_there_are_numbers_only()
    {
        var server = await StartAsync(options => options.ReportAll = false);
        var (client, _) = await EnterAsync(server);
        var (admin, config) = await EnterAdminAsync(server, until: "config");
        Assert.That(config[1].GetRawText(), Is.EqualTo("""{"supportedFeatures":["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT","AGGREGATED_EVENTS"]}"""));
        client.Text("21[\"join\",\"attic\"]");
        await client.ExpectAsync("431[]");
        Time.Advance(TimeSpan.FromSeconds(2));
        var told = await NextAsync(admin);
        Assert.That(told[0].GetString(), Is.EqualTo("server_stats"));
        Assert.That(told[1].GetProperty("serverId").GetString(), Is.EqualTo("server 1"));
        Assert.That(told[1].GetProperty("pid").GetInt32(), Is.EqualTo(Environment.ProcessId));
        Assert.That(told[1].GetProperty("uptime").GetDouble(), Is.EqualTo(2));
        Assert.That(told[1].GetProperty("namespaces").GetRawText(), Is.EqualTo("""[{"name":"/","socketsCount":1},{"name":"/admin","socketsCount":1}]"""));
    }

    [Test]
    public async Task Servers_on_one_layer_are_seen_together()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var (_, near) = await EnterAsync(here);
        var (_, far) = await EnterAsync(there);
        var (admin, list) = await EnterAdminAsync(here);
        Assert.That(list[1].EnumerateArray().Select(socket => socket.GetProperty("id").GetString()), Is.EquivalentTo(new[] { near, far }));
        var (_, later) = await EnterAsync(there);
        while ((await UntilAsync(admin, "socket_connected"))[1].GetProperty("id").GetString() != later)
        {
        }

        Time.Advance(TimeSpan.FromSeconds(2));
        string?[] ids = [await ServerAsync(admin), await ServerAsync(admin)];
        Assert.That(ids, Is.EquivalentTo(new[] { "server 1", "server 2" }));
    }

    [Test]
    public async Task No_more_clients_are_listed_than_may_be()
    {
        var server = await StartAsync(options => options.MaxListedSockets = 1);
        await EnterAsync(server);
        await EnterAsync(server);
        Assert.That((await EnterAdminAsync(server)).Arguments[1].GetArrayLength(), Is.EqualTo(1));
    }

    private static async Task<string?> ServerAsync(FakeClient admin) => (await UntilAsync(admin, "server_stats"))[1].GetProperty("serverId").GetString();

    private static async Task SkipOwnArrivalAsync(FakeClient admin)
    {
        while ((await UntilAsync(admin, "socket_connected"))[1].GetProperty("nsp").GetString() != "/admin")
        {
        }
    }

    private static async Task ExpectAsync(FakeClient admin, params string[] told)
    {
        foreach (var one in told)
        {
            Assert.That((await NextAsync(admin)).GetRawText(), Is.EqualTo(one));
        }
    }

    private static async Task ExpectUnorderedAsync(FakeClient admin, string one, string other) =>
        Assert.That(new[] { (await NextAsync(admin)).GetRawText(), (await NextAsync(admin)).GetRawText() }, Is.EquivalentTo(new[] { one, other }));
}
