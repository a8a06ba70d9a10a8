using System.Buffers;
using System.Buffers.Binary;

namespace Channels.Benchmarks;

/// <summary>As much of RFC 6455 as the load generator speaks: whole, masked frames in; unmasked frames out.</summary>
internal static class LimitFrames
{
    private const int MaxClientHeader = 14;

    internal static bool TryRead(ref ReadOnlySequence<byte> buffer, out byte first, out MaskedPayload payload)
    {
        first = 0;
        payload = default;
        if (buffer.Length < 6) return false;
        scoped ReadOnlySpan<byte> header = buffer.FirstSpan;
        Span<byte> copy = stackalloc byte[MaxClientHeader];
        if (header.Length < MaxClientHeader)
        {
            var head = buffer.Slice(0, Math.Min(buffer.Length, MaxClientHeader));
            head.CopyTo(copy);
            header = copy[..(int)head.Length];
        }

        var size = (header[1] & 0x7F) switch { 126 => 8, 127 => MaxClientHeader, _ => 6 };
        if (buffer.Length < size) return false;
        var length = size switch
        {
            8 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            MaxClientHeader => BinaryPrimitives.ReadInt64BigEndian(header[2..]),
            _ => header[1] & 0x7F,
        };
        if (buffer.Length < size + length) return false;
        first = header[0];
        payload = new MaskedPayload(buffer.Slice(size, length), BinaryPrimitives.ReadUInt32LittleEndian(header[(size - 4)..]));
        buffer = buffer.Slice(size + length);
        return true;
    }

    internal static int HeaderSize(int payloadLength) => payloadLength <= 125 ? 2 : payloadLength <= ushort.MaxValue ? 4 : 10;

    /// <summary>Writes a server frame's header and the unmasked payload; returns how many bytes it took.</summary>
    internal static int Write(Span<byte> target, byte first, MaskedPayload payload)
    {
        var size = HeaderSize(payload.Length);
        target[0] = first;
        target[1] = size switch { 4 => 126, 10 => 127, _ => (byte)payload.Length };
        if (size == 4) BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payload.Length);
        if (size == 10) BinaryPrimitives.WriteInt64BigEndian(target[2..], payload.Length);
        payload.CopyTo(target[size..]);
        return size + payload.Length;
    }
}
