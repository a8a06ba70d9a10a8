using SkiaSharp;

namespace Thumbnails;

/// <summary>A kind of picture, told from others by its first bytes; what a file's name or its sender says counts for nothing.</summary>
internal sealed record PictureKind(string ContentType, SKEncodedImageFormat Format)
{
    public const string Expected = "This is no picture of a kind that can be read: JPEG, PNG or WebP.";

    private const int Quality = 85;

    public static readonly PictureKind Jpeg = new("image/jpeg", SKEncodedImageFormat.Jpeg);
    public static readonly PictureKind Png = new("image/png", SKEncodedImageFormat.Png);
    public static readonly PictureKind WebP = new("image/webp", SKEncodedImageFormat.Webp);

    public static PictureKind? Of(ReadOnlySpan<byte> file) => file switch
    {
        [0xFF, 0xD8, 0xFF, ..] => Jpeg,
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebP,
        _ => null,
    };

    public byte[] Encode(SKBitmap pixels)
    {
        using var file = pixels.Encode(Format, Quality);
        return file.ToArray();
    }
}
