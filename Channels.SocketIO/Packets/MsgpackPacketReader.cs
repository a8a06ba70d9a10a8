using System.Buffers;

namespace Channels.SocketIO;

/// <summary>Packets as one map of MessagePack each: <c>type</c>, <c>nsp</c>, <c>data</c> and <c>id</c>, in any order; what else stands in it says nothing.</summary>
/// <param name="json">The contracts that arguments are read by.</param>
/// <param name="maxAttachments">How many byte arrays a packet may hold.</param>
/// <param name="maxBytes">How many bytes a packet may have.</param>
internal sealed class MsgpackPacketReader(SocketIOJson json, int maxAttachments, long maxBytes) : PacketReader(json)
{
    // Above this JavaScript's numbers are not exact, so no client counts so far.
    private const long LargestId = (1L << 53) - 1;

    /// <inheritdoc/>
    public override ReadOutcome Read(EngineIOMessage message, out ReceivedPacket packet)
    {
        packet = default;
        if (message.IsText || message.Payload.Length > maxBytes)
        {
            return ReadOutcome.Invalid;
        }

        try
        {
            var attachments = new List<ReadOnlyMemory<byte>>();
            return TryRead(message.Payload, attachments, out var header) ? Complete(header, attachments, (long)message.Payload.Length + header.Payload.Length, out packet) : ReadOutcome.Invalid;
        }
        catch (FormatException)
        {
            return ReadOutcome.Invalid;
        }
    }

    private bool TryRead(ReadOnlyMemory<byte> bytes, List<ReadOnlyMemory<byte>> attachments, out PacketHeader header)
    {
        header = default;
        var reader = new MsgpackToJson(bytes, Json, attachments, maxAttachments);
        var (type, space, id, data) = (default(long?), default(ReadOnlyMemory<byte>), default(long?), default(ReadOnlyMemory<byte>));
        var seen = Parts.None;
        for (var left = reader.ReadMapCount(); left > 0; left--)
        {
            var part = PartOf(reader.ReadText().Span);
            if ((seen & part) != 0)
            {
                return false; // twice
            }

            seen |= part;
            switch (part)
            {
                case Parts.Type:
                    type = reader.ReadInteger(largest: (long)PacketType.ConnectError);
                    break;
                case Parts.Space:
                    space = reader.ReadText();
                    break;
                case Parts.Id:
                    id = reader.ReadInteger(LargestId);
                    break;
                case Parts.Data:
                    data = reader.ReadJson();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!reader.IsAtEnd || type is null || space.IsEmpty || space.Span[0] != '/')
        {
            return false;
        }

        header = new((PacketType)type, space, id, attachments.Count, data);
        return true;
    }

    private static Parts PartOf(ReadOnlySpan<byte> key) =>
        key.SequenceEqual("type"u8) ? Parts.Type
        : key.SequenceEqual("nsp"u8) ? Parts.Space
        : key.SequenceEqual("data"u8) ? Parts.Data
        : key.SequenceEqual("id"u8) ? Parts.Id : Parts.None;

    [Flags]
    private enum Parts
    {
        None = 0,
        Type = 1,
        Space = 2,
        Data = 4,
        Id = 8,
    }
}
