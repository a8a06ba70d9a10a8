using System.Buffers;
using System.Buffers.Binary;

namespace Channels.Kestrel;

/// <summary>The octets in front of a client frame's payload (RFC 6455, section 5.2).</summary>
internal readonly struct FrameHeader
{
    /// <summary>The longest header: two octets, 64-bit length, mask.</summary>
    public const int MaxLength = 14;

    private const int Fin = 0x80;
    private const int Rsv1 = 0x40;
    private const int RsvOthers = 0x30;
    private const int MaskBit = 0x80;

    private FrameHeader(byte first, long payloadLength, uint mask, int length)
    {
        IsFinal = (first & Fin) != 0;
        IsCompressed = (first & Rsv1) != 0;
        Opcode = (FrameOpcode)(first & 0x0f);
        (PayloadLength, Mask, Length) = (payloadLength, mask, length);
    }

    public bool IsFinal { get; }

    /// <summary>RSV1, which permessage-deflate gives the meaning "compressed message" (RFC 7692, section 6).</summary>
    public bool IsCompressed { get; }

    public FrameOpcode Opcode { get; }

    public long PayloadLength { get; }

    /// <summary>The four mask octets, the first one lowest.</summary>
    public uint Mask { get; }

    /// <summary>How many octets the header itself takes.</summary>
    public int Length { get; }

    public bool IsControl => Opcode >= FrameOpcode.Close;

    /// <summary>
    /// Reads a header; false means that more octets are needed or, with <paramref name="fault"/> set, that no valid
    /// header can begin like this. A fault is found at the first octet that proves it.
    /// </summary>
    public static bool TryRead(in ReadOnlySequence<byte> input, bool allowCompressed, out FrameHeader header, out WebSocketFault? fault)
    {
        if (input.FirstSpan.Length >= MaxLength || input.IsSingleSegment)
        {
            return TryRead(input.FirstSpan, allowCompressed, out header, out fault);
        }

        Span<byte> joined = stackalloc byte[MaxLength];
        var length = (int)Math.Min(input.Length, MaxLength);
        input.Slice(0, length).CopyTo(joined);
        return TryRead(joined[..length], allowCompressed, out header, out fault);
    }

    public static bool TryRead(ReadOnlySpan<byte> input, bool allowCompressed, out FrameHeader header, out WebSocketFault? fault)
    {
        header = default;
        if (input.IsEmpty)
        {
            fault = null;
            return false;
        }

        fault = CheckFirst(input[0], allowCompressed) ?? (input.Length > 1 ? CheckSecond(input[0], input[1]) : null);
        if (fault is not null || input.Length < 2)
        {
            return false;
        }

        int extra = (input[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 };
        if (input.Length < 2 + extra)
        {
            return false;
        }

        fault = ReadLength(input[1] & 0x7f, input.Slice(2, extra), out var payloadLength);
        if (fault is not null || input.Length < 6 + extra)
        {
            return false;
        }

        header = new(input[0], payloadLength, BinaryPrimitives.ReadUInt32LittleEndian(input[(2 + extra)..]), 6 + extra);
        return true;
    }

    private static WebSocketFault? CheckFirst(byte first, bool allowCompressed)
    {
        var opcode = first & 0x0f;
        if ((first & RsvOthers) != 0 || ((first & Rsv1) != 0 && !(allowCompressed && opcode is 1 or 2)))
        {
            return WebSocketFault.ReservedBits;
        }

        return opcode switch
        {
            > 10 or (> 2 and < 8) => WebSocketFault.UnknownOpcode,
            >= 8 when (first & Fin) == 0 => WebSocketFault.FragmentedControlFrame,
            _ => null,
        };
    }

    private static WebSocketFault? CheckSecond(byte first, byte second)
    {
        if ((second & MaskBit) == 0)
        {
            return WebSocketFault.Unmasked;
        }

        return (first & 0x08) != 0 && (second & 0x7f) > 125 ? WebSocketFault.LongControlFrame : null;
    }

    private static WebSocketFault? ReadLength(int form, ReadOnlySpan<byte> extra, out long length)
    {
        length = form switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(extra),
            127 => BinaryPrimitives.ReadInt64BigEndian(extra),
            _ => form,
        };
        return form switch
        {
            _ when length < 0 => WebSocketFault.ImpossibleLength,
            126 when length < 126 => WebSocketFault.WastefulLength,
            127 when length <= ushort.MaxValue => WebSocketFault.WastefulLength,
            _ => null,
        };
    }
}
