using Thumbnails;

namespace Channels.Tests.EndToEnd;

/// <summary>Pictures for the thumbnails sample.</summary>
internal static class TestPicture
{
    /// <summary>A picture whose colours change smoothly, so that a large one is a small file.</summary>
    public static byte[] Png(int width, int height)
    {
        var pixels = new byte[width * height * Picture.Channels];
        for (var i = 0; i < pixels.Length; i += Picture.Channels)
        {
            (pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]) = ((byte)(i / Picture.Channels % width), (byte)(i / Picture.Channels / width), 128, 255);
        }

        return PngWriter.Write(new Picture(width, height, pixels));
    }
}
