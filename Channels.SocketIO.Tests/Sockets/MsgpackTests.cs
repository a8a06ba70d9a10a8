using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Packets as MessagePack.</summary>
internal sealed class MsgpackTests : SocketIOFixture
{
    private const string Connect = "82A47479706500A36E7370A12F"; // {type: 0, nsp: "/"}

    private static PacketCodec Codec(int maxAttachments = 10, long maxBytes = 4_000_000) => SocketIORuntime.MakeCodec(new()
    {
        Parser = SocketIOParser.MessagePack,
        MaxAttachments = maxAttachments,
        MaxPacketBytes = maxBytes,
    });

    [Test]
    [Proves("S-SIO-88")]
    public void An_event_is_read_and_written_byte_for_byte()
    {
        const string hello = "83A47479706502A36E7370A12FA46461746192A568656C6C6FA3796F75";
        var packet = Read(hello);
        Assert.That((packet.Type, packet.Name, packet.Id, packet.Arguments!.Get<string>(0)), Is.EqualTo((PacketType.Event, "hello", default(long?), "you")));
        Assert.That(Write(Codec().Write(PacketType.Event, "/", null, packet.Arguments)), Is.EqualTo(hello));
    }

    [TestCase("94A178C0C2C3", "[null,false,true]")]
    [TestCase("99A178007FCC80CD0100CE00010000CF0000000100000000E0FF", "[0,127,128,256,65536,4294967296,-32,-1]")]
    [TestCase("96A178D0DFD1FF7FD2FFFF7FFFD3FFFFFFFF7FFFFFFFCFFFFFFFFFFFFFFFFF", "[-33,-129,-32769,-2147483649,18446744073709551615]")]
    [TestCase("93A178CB3FF8000000000000CB7FEFFFFFFFFFFFFF", "[1.5,1.7976931348623157E+308]")]
    [TestCase("94A178A0A3E282ACD921616161616161616161616161616161616161616161616161616161616161616161", "[\"\",\"€\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]")]
    [TestCase("94A1789080DE0010A16101A16202A16303A16404A16505A16606A16707A16808A16909A16A0AA16B0BA16C0CA16D0DA16E0EA16F0FA17010", "[[],{},{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13,\"n\":14,\"o\":15,\"p\":16}]")]
    [TestCase("93A17881A3626967C4020102C400", "[{\"big\":\"AQI=\"},\"\"]")]
    public void Values_come_back_as_they_were_written(string data, string json)
    {
        var packet = Read($"83A47479706502A36E7370A12FA464617461{data}");
        Assert.That($"[{string.Join(',', Enumerable.Range(0, packet.Arguments!.Count).Select(packet.Arguments.GetJson))}]", Is.EqualTo(json));
        Assert.That(Write(Codec().Write(PacketType.Event, "/", null, packet.Arguments)), Is.EqualTo($"83A47479706502A36E7370A12FA464617461{data}"));
    }

    [TestCase("D40000", "null")]
    [TestCase("D700000001000000E86C", "\"2004-11-03T19:54:47.276Z\"")]
    [TestCase("D6FF00000001", "\"1970-01-01T00:00:01.000Z\"")]
    [TestCase("D7FF3B9ACA0000000002", "\"1970-01-01T00:00:02.250Z\"")]
    [TestCase("C7030001FF02", "\"Af8C\"")]
    [TestCase("CA3FC00000", "1.5")]
    [TestCase("CB7FF8000000000000", "null")]
    [TestCase("CB7FF0000000000000", "null")]
    public void What_only_clients_write_is_read(string value, string json)
    {
        var packet = Read($"84A76F7074696F6E7381A8636F6D7072657373C3A47479706502A36E7370A12FA46461746192A178{value}");
        Assert.That(packet.Arguments!.GetJson(0), Is.EqualTo(json));
    }

    [TestCase("", TestName = "Nothing")]
    [TestCase("80", TestName = "An empty map")]
    [TestCase("90", TestName = "No map")]
    [TestCase("81A36E7370A12F", TestName = "No type")]
    [TestCase("81A47479706500", TestName = "No namespace")]
    [TestCase("82A47479706502A36E7370A12F", TestName = "An event without data")]
    [TestCase("83A47479706502A36E7370A12FA46461746190", TestName = "An event without a name")]
    [TestCase("83A47479706502A36E7370A12FA46461746191C0", TestName = "A name that is none")]
    [TestCase("83A47479706502A36E7370A12FA46461746191A7636F6E6E656374", TestName = "A name of the client's own")]
    [TestCase("83A47479706502A36E7370A12FA46461746180", TestName = "Data that are no array")]
    [TestCase("83A47479706504A36E7370A12FA46461746180", TestName = "A refusal from a client")]
    [TestCase("82A47479706505A36E7370A12F", TestName = "A binary event, which there is not")]
    [TestCase("82A474797065CBBFF0000000000000A36E7370A12F", TestName = "A type that is no integer")]
    [TestCase("82A474797065FFA36E7370A12F", TestName = "A negative type")]
    [TestCase("82A47479706500A36E7370A178", TestName = "A namespace without a slash")]
    [TestCase("82A47479706500A36E737005", TestName = "A namespace that is a number")]
    [TestCase("84A47479706502A36E7370A12FA46461746191A178A26964FF", TestName = "A negative number to acknowledge")]
    [TestCase("84A47479706502A36E7370A12FA46461746191A178A26964CF0020000000000000", TestName = "A number to acknowledge above what is exact")]
    [TestCase("83A47479706500A36E7370A12FA47479706500", TestName = "A key that comes twice")]
    [TestCase("82A47479706500A36E7370A12F00", TestName = "Something behind the packet")]
    [TestCase("82A47479706500A36E7370A1", TestName = "An end in the middle")]
    [TestCase("DFFFFFFFFF", TestName = "Four billion entries")]
    [TestCase("83A47479706502A36E7370A12FA464617461DDFFFFFFFF", TestName = "Four billion arguments")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178C6FFFFFFFF", TestName = "Four billion bytes")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178A1FF", TestName = "A text that is no UTF-8")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178C1", TestName = "The byte that means nothing")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178D40100", TestName = "An extension of others")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178D7007FFFFFFFFFFFFFFF", TestName = "A date that there is not")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A178810102", TestName = "A key that is a number")]
    [TestCase("83A47479706502A36E7370A12FA46461746192A17882AC5F706C616365686F6C646572C3A36E756D00", TestName = "An object that stands for bytes")]
    [Proves("S-SIO-88", "SEC-60", "SEC-62", "SEC-63")]
    public async Task What_is_no_packet_closes(string hex)
    {
        var client = await EnterAsync();
        client.Binary(Convert.FromHexString(hex));
        await client.ExpectAsync("close");
    }

    [Test]
    public async Task Text_is_no_packet()
    {
        var client = await EnterAsync();
        client.Text("2[\"message\"]");
        await client.ExpectAsync("close");
    }

    [TestCase(254, true)]
    [TestCase(256, false)]
    [TestCase(200_000, false)]
    [Proves("S-SIO-47")]
    public void Nesting_is_limited(int levels, bool isTaken)
    {
        byte[] packet = [.. Convert.FromHexString("83A47479706502A36E7370A12FA46461746192A178"), .. Enumerable.Repeat((byte)0x91, levels - 1), 0x90];
        Assert.That(Codec().MakeReader().Read(EngineIOMessage.FromBinary(packet), out _), Is.EqualTo(isTaken ? ReadOutcome.Packet : ReadOutcome.Invalid));
        packet = [.. Convert.FromHexString("83A47479706500A36E7370A12FA47878787891"), .. Enumerable.Repeat((byte)0x91, levels - 1), 0x90];
        Assert.That(Codec().MakeReader().Read(EngineIOMessage.FromBinary(packet), out _), Is.EqualTo(isTaken ? ReadOutcome.Packet : ReadOutcome.Invalid), "also where nobody looks at it");
    }

    [Test]
    [Proves("S-SIO-46")]
    public void Byte_arrays_and_bytes_are_limited()
    {
        const string two = "83A47479706502A36E7370A12FA46461746193A178C40101C40102";
        var packet = EngineIOMessage.FromBinary(Convert.FromHexString(two));
        Assert.That(Codec(maxAttachments: 2).MakeReader().Read(packet, out _), Is.EqualTo(ReadOutcome.Packet));
        Assert.That(Codec(maxAttachments: 1).MakeReader().Read(packet, out _), Is.EqualTo(ReadOutcome.Invalid));
        Assert.That(Codec(maxBytes: packet.Payload.Length).MakeReader().Read(packet, out _), Is.EqualTo(ReadOutcome.Packet));
        Assert.That(Codec(maxBytes: packet.Payload.Length - 1).MakeReader().Read(packet, out _), Is.EqualTo(ReadOutcome.Invalid));
    }

    [Test]
    [Proves("S-SIO-88")]
    public async Task Servers_that_write_otherwise_share_a_layer()
    {
        var (text, packed) = (await ConnectAsync(), await EnterAsync());
        await Server.Of("/").EmitAsync("news", 1, new byte[] { 2 });
        await text.ExpectAsync("451-[\"news\",1,{\"_placeholder\":true,\"num\":0}]", "02");
        await packed.ExpectAsync("83A47479706502A36E7370A12FA46461746193A46E65777301C40102");
    }

    [Test]
    public void A_way_to_write_that_there_is_not_is_told() =>
        Assert.That(() => new SocketIOServer(new() { Parser = (SocketIOParser)7 }), Throws.ArgumentException.With.Message.Contains("Parser is 7: it must be Json or MessagePack"));

    private static ReceivedPacket Read(string hex)
    {
        Assert.That(Codec().MakeReader().Read(EngineIOMessage.FromBinary(Convert.FromHexString(hex)), out var packet), Is.EqualTo(ReadOutcome.Packet));
        return packet;
    }

    private static string Write(EngineIOSend send) => Convert.ToHexString(((WebSocketSend)send.GetFrames(binaryAsText: false)[0]).Payload.Span);

    private async Task<FakeClient> EnterAsync()
    {
        var client = Open(MakeServer(new() { Parser = SocketIOParser.MessagePack }));
        client.Binary(Convert.FromHexString(Connect));
        Assert.That(await client.ReceiveAsync(), Does.StartWith("83A47479706500A36E7370A12FA46461746181A3736964B4"));
        await client.ExpectAsync("83A47479706502A36E7370A12FA46461746192A46175746880");
        return client;
    }
}
