using Channels.SocketIO;
using Channels.Tests.Sockets;

namespace Channels.Tests.Admin;

/// <summary>What administrators command.</summary>
internal sealed class AdminCommandTests : AdminFixture
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Commands_reach_clients_of_all_servers(bool elsewhere)
    {
        var server = await StartAsync();
        var (one, first) = await EnterAsync(elsewhere ? await StartAsync() : server);
        var (two, second) = await EnterAsync(server);
        var (admin, _) = await EnterAdminAsync(server);
        await CommandAsync(admin, $"""["emit","/","{first}","hello",1,null]""");
        await one.ExpectAsync("42[\"hello\",1,null]");
        await CommandAsync(admin, """["emit","/",null,"to all"]""");
        await CommandAsync(admin, """["emit","/","","to all, too"]""");
        await one.ExpectAsync("42[\"to all\"]", "42[\"to all, too\"]");
        await two.ExpectAsync("42[\"to all\"]", "42[\"to all, too\"]");
        await CommandAsync(admin, $"""["join","/","attic","{second}"]""");
        await ToldAsync(admin, "room_joined", "attic", second);
        await CommandAsync(admin, """["emit","/","attic","up here"]""");
        await two.ExpectAsync("42[\"up here\"]");
        await CommandAsync(admin, """["leave","/","attic"]""");
        await ToldAsync(admin, "room_left", "attic", second);
        await CommandAsync(admin, $"""["_disconnect","/",false,"{second}"]""");
        await two.ExpectAsync("41");
        await CommandAsync(admin, """["_disconnect","/",true]""");
        await one.ExpectAsync("41", "close");
    }

    [Test]
    public async Task Bytes_are_emitted_as_such()
    {
        var server = await StartAsync(options => options.ReportAll = false);
        var (client, _) = await EnterAsync(server);
        var (admin, _) = await EnterAdminAsync(server, "config");
        admin.Text("""51-/admin,7["emit","/","lobby","bytes",{"a":{"_placeholder":true,"num":0}}]""");
        admin.Binary(1, 2, 3);
        await client.ExpectAsync("""451-["bytes",{"a":{"_placeholder":true,"num":0}}]""", "010203");
    }

    [TestCase("""["emit"]""")]
    [TestCase("""["emit","/"]""")]
    [TestCase("""["emit","/",null]""")]
    [TestCase("""["emit","/",{},"to nobody"]""")]
    [TestCase("""["emit","/",["lobby"],"to nobody"]""")]
    [TestCase("""["emit","/",null,""]""")]
    [TestCase("""["emit","/",null,"disconnect"]""")]
    [TestCase("""["emit",null,null,"to nobody"]""")]
    [TestCase("""["join","/"]""")]
    [TestCase("""["join","/",1]""")]
    [TestCase("""["join","/","attic",7]""")]
    [TestCase("""["leave","/","lobby",false]""")]
    [TestCase("""["_disconnect"]""")]
    [TestCase("""["_disconnect","/"]""")]
    [TestCase("""["_disconnect","/","true"]""")]
    [TestCase("""["_disconnect","/",true,7]""")]
    [TestCase("""["something","/",true]""")]
    public async Task What_cannot_be_read_is_meant_for_nobody(string command)
    {
        var server = await StartAsync(options => options.ReportAll = false);
        var (client, _) = await EnterAsync(server);
        var (admin, _) = await EnterAdminAsync(server, "config");
        admin.Text($"2/admin,8{command}");
        await CommandAsync(admin, """["emit","/",null,"after"]""");
        await client.ExpectAsync("42[\"after\"]");
        Assert.That((await server.To("lobby").FetchSocketsAsync()).Single().Rooms, Has.Count.EqualTo(2));
    }

    [TestCase("""["emit","/",null,"hello"]""")]
    [TestCase("""["join","/","attic"]""")]
    [TestCase("""["leave","/","lobby"]""")]
    [TestCase("""["_disconnect","/",true]""")]
    public async Task Who_may_only_look_is_offered_no_commands_and_has_none(string command)
    {
        var server = await StartAsync(options => (options.ReadOnly, options.ReportAll) = (true, false));
        var (client, _) = await EnterAsync(server);
        var (admin, config) = await EnterAdminAsync(server, "config");
        Assert.That(config[1].GetRawText(), Is.EqualTo("""{"supportedFeatures":["AGGREGATED_EVENTS"]}"""));
        admin.Text($"2/admin,{command}");
        admin.Text("1/admin,"); // read after the command
        admin.Leave();
        await admin.Completion;
        await server.Of("/").EmitAsync("after");
        await client.ExpectAsync("42[\"after\"]");
        Assert.That((await server.To("lobby").FetchSocketsAsync()).Single().Rooms, Has.Count.EqualTo(2));
    }

    private static async Task ToldAsync(FakeClient admin, string name, string room, string id)
    {
        System.Text.Json.JsonElement told;
        do
        {
            told = await UntilAsync(admin, name);
        }
        while (told[2].GetString() != room || told[3].GetString() != id);
    }
}
