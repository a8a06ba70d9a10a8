using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>CRC-32 with zlib's polynomial, as Python's <c>binascii.crc32</c>.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    public static uint Compute(string text)
    {
        var rented = ArrayPool<byte>.Shared.Rent(StrictText.ByteCount(text));
        var crc = Compute(rented.AsSpan(0, StrictText.Encode(text, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var entry = i;
            for (var bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) != 0 ? (entry >> 1) ^ 0xedb88320 : entry >> 1;
            }

            table[i] = entry;
        }

        return table;
    }
}
