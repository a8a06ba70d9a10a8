using System.Text;
using Channels.SocketIO;

namespace Channels.Fuzzing;

/// <summary>Bodies of a polling client of Engine.IO.</summary>
internal sealed class PollPayloadTarget : FuzzTarget
{
    public override IEnumerable<byte[]> Seeds => ((string[])
    [
        "4hello", "4one\u001e4two", "2probe", "3", "1", "bAQIDBA==", "b", "4", "4\u00e9\u4e16\ud83d\ude42\u001ebAQ==\u001e6", "0{\"sid\":\"x\"}",
    ]).Select(Encoding.UTF8.GetBytes);

    public override void Check(ReadOnlySpan<byte> input)
    {
        if (ReadAll(input.ToArray()) is not { } packets || !packets.TrueForAll(packet => packet.Type == EnginePacketType.Message))
        {
            return;
        }

        var written = PollingPayload.Join([.. packets.Select(packet => packet.IsText ? EngineIOSend.FromUtf8(packet.Data.Span) : EngineIOSend.FromBinary(packet.Data))]);
        Holds(ReadAll(written) is { } again && Describe(again) == Describe(packets), "messages that were read can be written and read again");
    }

    private static List<EnginePacket>? ReadAll(byte[] body)
    {
        var packets = new List<EnginePacket>();
        ReadOnlyMemory<byte>? rest = body;
        while (rest is not null)
        {
            if (!PollingPayload.IsText(body) || !PollingPayload.TryTake(ref rest, out var packet))
            {
                return null;
            }

            packets.Add(packet);
        }

        return packets;
    }

    private static string Describe(List<EnginePacket> packets) => string.Join(' ', packets.Select(packet => $"{packet.IsText} {Convert.ToHexString(packet.Data.Span)}"));
}
