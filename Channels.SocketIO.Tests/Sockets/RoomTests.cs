using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Rooms, and what is sent to them.</summary>
internal sealed class RoomTests : SocketIOFixture
{
    private async Task<FakeClient> MemberAsync(params string[] rooms)
    {
        var client = await ConnectAsync();
        foreach (var room in rooms)
        {
            client.Text($"21[\"join\",\"{room}\"]");
            await client.ExpectAsync("431[]");
        }

        return client;
    }

    [Test]
    [Proves("S-SIO-60", "S-SIO-70")]
    public async Task Members_get_it_once_in_order_and_others_do_not()
    {
        var (one, two, other) = (await MemberAsync("a"), await MemberAsync("a", "b"), await MemberAsync("b"));
        await Server.To("a").EmitAsync("news", 1);
        await Server.To("a").EmitAsync("news", 2);
        await one.ExpectAsync("42[\"news\",1]", "42[\"news\",2]");
        await two.ExpectAsync("42[\"news\",1]", "42[\"news\",2]");
        await one.ExpectNothingAsync();
        await two.ExpectNothingAsync();
        await other.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-61", "S-SIO-62")]
    public async Task Several_rooms_are_one_audience_and_exceptions_are_left_out()
    {
        var (both, one, muted) = (await MemberAsync("a", "b"), await MemberAsync("b"), await MemberAsync("a", "muted"));
        await Server.To("a").To("b", "a").Except("muted").EmitAsync("news");
        foreach (var client in new[] { both, one })
        {
            await client.ExpectAsync("42[\"news\"]");
            await client.ExpectNothingAsync();
        }

        await muted.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-62")]
    public async Task Who_speaks_does_not_hear_itself()
    {
        var (speaker, member, other) = (await MemberAsync("a"), await MemberAsync("a"), await MemberAsync());
        speaker.Text("2[\"say\",\"a\",\"hi\"]");
        await member.ExpectAsync("42[\"said\",\"hi\"]");
        speaker.Text("2[\"shout\",\"all\"]");
        await member.ExpectAsync("42[\"said\",\"all\"]");
        await other.ExpectAsync("42[\"said\",\"all\"]");
        await speaker.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-63")]
    public async Task An_id_is_a_room()
    {
        var (one, two) = (Open(), Open());
        var id = await one.EnterAsync();
        await two.EnterAsync();
        await Server.To(id).EmitAsync("you");
        await one.ExpectAsync("42[\"auth\",{}]", "42[\"you\"]");
        await two.ExpectAsync("42[\"auth\",{}]");
        await two.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-64")]
    public async Task Rooms_with_odd_and_long_names_are_apart()
    {
        var stem = new string('x', 200);
        var (one, two) = (await MemberAsync($"{stem}1", "a/b"), await MemberAsync($"{stem}2", "a:b"));
        await Server.To($"{stem}1").EmitAsync("long");
        await Server.To("a/b").EmitAsync("odd");
        await one.ExpectAsync("42[\"long\"]", "42[\"odd\"]");
        await two.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-66", "S-SIO-67")]
    public async Task A_process_without_clients_emits_by_the_layer_alone()
    {
        var client = await MemberAsync("a");
        var emitter = new SocketIOEmitter(Layer);
        await emitter.Of("/").EmitAsync("all", new byte[] { 1, 2 });
        await emitter.To("a").EmitAsync("room", new { At = new byte[] { 3 } });
        await client.ExpectAsync("451-[\"all\",{\"_placeholder\":true,\"num\":0}]", "0102", "451-[\"room\",{\"at\":{\"_placeholder\":true,\"num\":0}}]", "03");
        Assert.That(() => emitter.To("a").Local.EmitAsync("here").AsTask(), Throws.InvalidOperationException.With.Message.Contains("no Socket.IO server in this process"));
    }

    [Test]
    [Proves("S-SIO-68")]
    public async Task A_broadcast_is_encoded_once_and_goes_past_the_sleeping_consumers()
    {
        var clients = new List<FakeClient>();
        for (var i = 0; i < 20; i++)
        {
            clients.Add(await MemberAsync("a", i % 2 == 0 ? "even" : "odd"));
        }

        await Eventually.Is(async () => // a consumer that is not asleep yet handles it itself
        {
            var passedOn = clients.Sum(client => client.PassedOn);
            await Server.To("a").Except("odd").EmitAsync("news", "once");
            var sends = new HashSet<EngineIOSend>();
            foreach (var client in clients.Where((_, i) => i % 2 == 0))
            {
                await client.ExpectAsync("42[\"news\",\"once\"]");
                sends.Add(client.Sends[^1]);
            }

            Assert.That(sends, Has.Count.EqualTo(1));
            return clients.Sum(client => client.PassedOn) == passedOn + 10;
        });
        await clients[1].ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-73")]
    public async Task A_local_emit_asks_no_layer()
    {
        var (one, two) = (await MemberAsync("a"), await MemberAsync("b"));
        await Server.To("a").Local.EmitAsync("here");
        await one.ExpectAsync("42[\"here\"]");
        await two.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-75")]
    public async Task Clients_are_moved_and_sent_out_by_room()
    {
        var (one, two) = (await MemberAsync("a"), await MemberAsync("b"));
        await Server.To("a").SocketsJoinAsync("c", "d");
        await Eventually.Is(async () => await RoomsOf(one) == "[\"a\",\"c\",\"d\"]", text: "joined");
        await Server.To("c").SocketsLeaveAsync("a", "d");
        await Eventually.Is(async () => await RoomsOf(one) == "[\"c\"]", text: "left");
        Assert.That(await RoomsOf(two), Is.EqualTo("[\"b\"]"));
        await Server.To("c").DisconnectSocketsAsync();
        await one.ExpectAsync("41");
        await Server.Of("/").DisconnectSocketsAsync(close: true);
        await two.ExpectAsync("41", "close");
    }

    [Test]
    [Proves("S-SIO-76")]
    public async Task A_room_without_members_leaves_nothing()
    {
        var client = await MemberAsync();
        for (var i = 0; i < 2_000; i++)
        {
            client.Text($"2[\"join\",\"room {i}\"]");
            client.Text($"2[\"leave\",\"room {i}\"]");
        }

        await client.ExpectNothingAsync();
        Assert.That(await RoomsOf(client), Is.EqualTo("[]"));
        Assert.That(Layer.Count, Is.EqualTo(2), "the namespace and the client's own");
    }

    [Test]
    [Proves("S-SIO-77")]
    public async Task Other_code_on_the_layer_sends_to_rooms_by_a_map()
    {
        var client = await MemberAsync("a");
        await Layer.GroupSendAsync(SocketIOGroups.OfRoom("/", "a"), new ChannelMessage(SocketIOGroups.EmitType, new MessageMap
        {
            ["nsp"] = "/",
            ["event"] = "news",
            ["args"] = new MessageValue[] { 1, "two", new MessageMap { ["bytes"] = new byte[] { 3 } }, MessageValue.Null, 1.5, true },
        }));
        await client.ExpectAsync("451-[\"news\",1,\"two\",{\"bytes\":{\"_placeholder\":true,\"num\":0}},null,1.5,true]", "03");
        await Layer.GroupSendAsync(SocketIOGroups.OfRoom("/", "a"), new ChannelMessage(SocketIOGroups.EmitType, new MessageMap { ["nsp"] = "/" }));
        await client.ExpectNothingAsync();
    }

    private static async Task<string> RoomsOf(FakeClient client)
    {
        client.Text("21[\"rooms\"]");
        var answer = await client.ReceiveAsync();
        return answer["431[".Length..^1];
    }
}
