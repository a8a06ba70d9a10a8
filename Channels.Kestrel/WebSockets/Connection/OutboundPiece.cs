using System.Buffers;

namespace Channels.Kestrel;

/// <summary>What is written between two looks at the control frames: one frame, or several that are ready.</summary>
/// <param name="First">The frame's first octet, when <paramref name="IsFrame"/>.</param>
/// <param name="Bytes">The frame's payload, or ready frames.</param>
/// <param name="IsFrame">True when a header is to be written in front.</param>
internal readonly record struct OutboundPiece(byte First, ReadOnlyMemory<byte> Bytes, bool IsFrame)
{
    public OutboundPiece(byte first, ReadOnlyMemory<byte> bytes)
        : this(first, bytes, first != 0)
    {
    }

    /// <summary>How many octets it takes on the wire, at most.</summary>
    public int MaxLength => Bytes.Length + FrameWriting.LongHeader;

    public void WriteTo(IBufferWriter<byte> output)
    {
        if (!IsFrame)
        {
            output.Write(Bytes.Span);
            return;
        }

        var payload = Bytes.Span;
        var target = output.GetSpan(FrameWriting.LongHeader);
        var header = FrameWriting.WriteHeader(target, First, payload.Length);
        if (target.Length - header >= payload.Length)
        {
            payload.CopyTo(target[header..]);
            output.Advance(header + payload.Length);
            return;
        }

        output.Advance(header);
        output.Write(payload);
    }
}
