using System.Buffers.Text;
using System.Buffers;

namespace Channels.SocketIO;

/// <summary>One packet from a client.</summary>
/// <param name="Type">What it is for.</param>
/// <param name="Data">What follows its type.</param>
/// <param name="IsText">Whether that is text; otherwise the bytes of a binary message.</param>
internal readonly record struct EnginePacket(EnginePacketType Type, ReadOnlyMemory<byte> Data, bool IsText = true)
{
    /// <summary>Whether it asks, or answers, if a WebSocket works.</summary>
    public bool IsProbe => Data.Span.SequenceEqual("probe"u8);

    /// <summary>A binary message as it stands, which only a WebSocket carries.</summary>
    public static EnginePacket FromBinary(ReadOnlyMemory<byte> data) => new(EnginePacketType.Message, data, IsText: false);

    /// <summary>Reads a packet in its textual form.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="packet">The packet; its data is part of the text, or decoded from it.</param>
    /// <returns>False when it is no packet.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> text, out EnginePacket packet)
    {
        packet = default;
        if (text.IsEmpty)
        {
            return false;
        }

        var type = text.Span[0];
        if (type == PollingPayload.Binary)
        {
            return TryDecode(text.Span[1..], out packet);
        }

        packet = new((EnginePacketType)(type - '0'), text[1..]);
        return type is >= (byte)'0' and <= (byte)'6';
    }

    // Padded, and without the blanks that the framework's decoder passes over: what two decoders might read differently is no packet.
    private static bool TryDecode(ReadOnlySpan<byte> base64, out EnginePacket packet)
    {
        packet = default;
        if (base64.Length % 4 != 0)
        {
            return false;
        }

        var padding = base64.EndsWith("=="u8) ? 2 : base64.EndsWith("="u8) ? 1 : 0;
        var data = new byte[(base64.Length / 4 * 3) - padding];
        if (Base64.DecodeFromUtf8(base64, data, out var read, out var written) != OperationStatus.Done || read != base64.Length || written != data.Length)
        {
            return false;
        }

        packet = FromBinary(data);
        return true;
    }
}
