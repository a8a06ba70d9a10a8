namespace Thumbnails;

/// <summary>A picture in memory: rows of red, green, blue, alpha, eight bits each.</summary>
internal sealed record Picture(int Width, int Height, byte[] Pixels)
{
    public const int Channels = 4;
}
