namespace Channels.Layers.Redis;

/// <summary>Which of a cluster's slots a name belongs to: CRC-16 of the name, or of what its first braces hold (Redis Cluster specification, "Key distribution model").</summary>
internal static class ClusterSlot
{
    public const int Count = 16384;
    private static readonly ushort[] Table = MakeTable();

    /// <param name="name">A name in ASCII, as all keys and pub/sub channels of a layer are.</param>
    public static int Of(string name)
    {
        var crc = 0;
        foreach (var character in Hashed(name))
        {
            crc = ((crc << 8) ^ Table[((crc >> 8) ^ character) & 0xff]) & 0xffff;
        }

        return crc % Count;
    }

    private static ReadOnlySpan<char> Hashed(string name)
    {
        var open = name.IndexOf('{', StringComparison.Ordinal);
        var close = open < 0 ? -1 : name.IndexOf('}', open);
        return close > open + 1 ? name.AsSpan((open + 1)..close) : name;
    }

    private static ushort[] MakeTable()
    {
        const int polynomial = 0x1021;
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = i << 8;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ polynomial : crc << 1;
            }

            table[i] = (ushort)crc;
        }

        return table;
    }
}
