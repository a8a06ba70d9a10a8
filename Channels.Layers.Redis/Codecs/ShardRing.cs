namespace Channels.Layers.Redis;

/// <summary>Which host of the list a name belongs to; the same on both sides only when the lists are equal and in the same order.</summary>
internal static class ShardRing
{
    public static int IndexOf(string name, int hosts) => hosts == 1 ? 0 : IndexOf(Crc32.Compute(name), hosts);

    public static int IndexOf(uint crc, int hosts) => (int)((crc & 0xfff) / (4096.0 / hosts));
}
