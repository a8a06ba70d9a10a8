using System.Buffers;
using System.Buffers.Binary;

namespace Channels.Kestrel;

/// <summary>
/// Looks for the peer's close frame behind a frame that broke the rules. Bits, opcodes and masks no longer matter;
/// lengths still tell one frame from the next. A peer that hears of its fault inside a frame may also break that frame off:
/// then its close frame is the last that has come.
/// </summary>
/// <param name="skip">What is left of the frame that broke the rules; 0 when it stands at the beginning, header and all.</param>
internal sealed class CloseSearch(long skip)
{
    private const int LongestHeader = 14;
    private const int MaskedHeader = 2 + sizeof(int);
    private const int LongestClose = 125;
    private const byte CloseStart = FrameWriting.Fin | (byte)FrameOpcode.Close;
    private const byte LengthBits = 0x7f;
    private const byte MaskBit = 0x80;

    private long _skip = skip;

    /// <summary>How many octets have been cut.</summary>
    public long Drained { get; private set; }

    /// <summary>Cuts whole frames from the input, up to the close frame. False when it has not come yet.</summary>
    public bool Finds(ref ReadOnlySequence<byte> input)
    {
        var length = input.Length;
        var found = Find(ref input);
        Drained += length - input.Length;
        return found;
    }

    private bool Find(ref ReadOnlySequence<byte> input)
    {
        if (_skip > 0 && EndsWithClose(input))
        {
            return true;
        }

        Span<byte> buffer = stackalloc byte[LongestHeader];
        while (true)
        {
            var skipped = Math.Min(_skip, input.Length);
            input = input.Slice(skipped);
            _skip -= skipped;
            var head = buffer[..(int)Math.Min(input.Length, LongestHeader)];
            input.Slice(0, head.Length).CopyTo(head);
            if (!TryReadLengths(head, out var header, out var payload))
            {
                return false;
            }

            if ((head[0] & FrameWriting.OpcodeBits) == (int)FrameOpcode.Close)
            {
                return input.Length - header >= payload;
            }

            input = input.Slice(header);
            _skip = payload;
        }
    }

    private static bool EndsWithClose(in ReadOnlySequence<byte> input)
    {
        Span<byte> end = stackalloc byte[MaskedHeader + LongestClose];
        end = end[..(int)Math.Min(input.Length, end.Length)];
        input.Slice(input.Length - end.Length).CopyTo(end);
        for (var body = 0; body + MaskedHeader <= end.Length; body++)
        {
            var start = end[^(body + MaskedHeader)..];
            if (start[0] == CloseStart && start[1] == (MaskBit | body))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryReadLengths(ReadOnlySpan<byte> head, out int header, out long payload)
    {
        (header, payload) = (2, 0);
        if (head.Length < header)
        {
            return false;
        }

        payload = head[1] & LengthBits;
        var more = payload switch { 126 => sizeof(ushort), 127 => sizeof(long), _ => 0 };
        header += more + ((head[1] & MaskBit) != 0 ? sizeof(int) : 0);
        if (head.Length < header)
        {
            return false;
        }

        if (more > 0)
        {
            // A length that cannot be is longer than anything that will be read.
            payload = more == sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(head[2..]) : BinaryPrimitives.ReadInt64BigEndian(head[2..]) & long.MaxValue;
        }

        return true;
    }
}
