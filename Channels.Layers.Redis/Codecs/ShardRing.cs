using System.Buffers;
using System.IO.Hashing;

namespace Channels.Layers.Redis;

/// <summary>Which host of the list a name belongs to; the same on both sides only when the lists are equal and in the same order.</summary>
internal static class ShardRing
{
    public static int IndexOf(string name, int hosts) => hosts == 1 ? 0 : IndexOf(Checksum(name), hosts);

    public static int IndexOf(uint crc, int hosts) => (int)((crc & 0xfff) / (4096.0 / hosts));

    /// <summary>CRC-32 with zlib's polynomial, as Python's <c>binascii.crc32</c>.</summary>
    public static uint Checksum(string name)
    {
        var rented = ArrayPool<byte>.Shared.Rent(StrictText.ByteCount(name));
        var checksum = Crc32.HashToUInt32(rented.AsSpan(0, StrictText.Encode(name, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return checksum;
    }
}
