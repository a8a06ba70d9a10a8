using System.Text;
using System.Text.Unicode;
using Channels.SocketIO;

namespace Channels.Fuzzing;

/// <summary>
/// Packets of a client of Socket.IO, in both ways to write them. A NUL separates the messages of one packet: the text, and
/// the byte arrays behind it.
/// </summary>
internal sealed class SocketIOPacketTarget : FuzzTarget
{
    private readonly PacketCodec _text = SocketIORuntime.MakeCodec(new());
    private readonly PacketCodec _packed = SocketIORuntime.MakeCodec(new() { Parser = SocketIOParser.MessagePack });

    public override IEnumerable<byte[]> Seeds =>
    [
        .. ((string[])
        [
            "0", "0/admin,{\"token\":\"123\"}", "1", "1/admin,", "2[\"foo\",1,\"two\",{\"a\":[null,true,1.5e3]}]", "2/admin,12[\"foo\"]", "3/admin,13[\"bar\"]", "30[]",
            "51-[\"a\",{\"_placeholder\":true,\"num\":0}]\0x", "62-/n,5[{\"a\":[{\"num\":1,\"_placeholder\":true}]},{\"_placeholder\":true,\"num\":0}]\0x\0y", "2[5,\"\\ud83d\\ude42\"]",
        ]).Select(Encoding.UTF8.GetBytes),
        Convert.FromHexString("82A47479706500A36E7370A12F"),
        Convert.FromHexString("82A47479706501A36E7370A62F61646D696E"),
        Convert.FromHexString("83A47479706502A36E7370A12FA46461746192A568656C6C6FA3796F75"),
        Convert.FromHexString("85A76F7074696F6E7381A8636F6D7072657373C3A47479706503A36E7370A12FA46461746195CB3FF8000000000000C40101C70301FF0203D40000D700000001000000E86CA2696405"),
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var packets = new[] { Read(_text, Messages(input)), Read(_packed, [EngineIOMessage.FromBinary(input.ToArray())]) };
        Holds(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000 + (500L * input.Length), "memory follows the input's length");
        foreach (var packet in packets.OfType<ReceivedPacket>())
        {
            Check(packet);
        }
    }

    private void Check(ReceivedPacket packet)
    {
        Holds(packet.Namespace.Span is [(byte)'/', ..], "a namespace begins with a slash");
        if (packet.Arguments is not { } arguments)
        {
            Holds(packet.Type is PacketType.Connect or PacketType.Disconnect, "an event or acknowledgement has arguments");
            return;
        }

        Holds((packet.Type == PacketType.Event) == (packet.Name is not null) && (packet.Name is null || !PacketReader.IsReserved(packet.Name)), "an event has a name that is not the client's own");
        foreach (var codec in new[] { _text, _packed })
        {
            var space = Encoding.UTF8.GetString(packet.Namespace.Span);
            if (codec == _text && space.Contains(','))
            {
                continue; // which text has no way to write
            }

            var frames = codec.Write(packet.Type, space, packet.Id, arguments).GetFrames(binaryAsText: false).ToArray().Cast<WebSocketSend>();
            var again = Read(codec, frames.Select(frame => frame.IsText ? EngineIOMessage.FromText(Encoding.UTF8.GetString(frame.Payload.Span[1..])) : EngineIOMessage.FromBinary(frame.Payload)));
            Holds(again is { } read && read.Type == packet.Type && read.Name == packet.Name && read.Id == packet.Id && read.Arguments!.Count == arguments.Count, "what was read can be written and read again");
            Holds(codec == _packed || Describe(again!.Value.Arguments!) == Describe(arguments), "text gives back what it was given");
        }
    }

    private static string Describe(SocketIOArguments arguments) => string.Join(',', Enumerable.Range(0, arguments.Count).Select(arguments.GetJson));

    private static List<EngineIOMessage> Messages(ReadOnlySpan<byte> input)
    {
        var messages = new List<EngineIOMessage>();
        foreach (var part in input.Split((byte)0))
        {
            var bytes = input[part];
            if (messages.Count == 0 && !Utf8.IsValid(bytes))
            {
                return []; // no transport lets it in
            }

            messages.Add(messages.Count == 0 ? EngineIOMessage.FromText(Encoding.UTF8.GetString(bytes)) : EngineIOMessage.FromBinary(bytes.ToArray()));
        }

        return messages;
    }

    private static ReceivedPacket? Read(PacketCodec codec, IEnumerable<EngineIOMessage> messages)
    {
        var reader = codec.MakeReader();
        foreach (var message in messages)
        {
            switch (reader.Read(message, out var packet))
            {
                case ReadOutcome.Packet:
                    return packet;
                case ReadOutcome.Invalid:
                    return null;
            }
        }

        return null;
    }
}
