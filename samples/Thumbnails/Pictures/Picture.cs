using SkiaSharp;

namespace Thumbnails;

/// <summary>
/// A picture of a stranger's: JPEG, PNG or WebP. Opening it reads the header alone, so that a small file which unfolds
/// to gigabytes is refused before memory is taken. Whatever is wrong with it is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class Picture : IDisposable
{
    public const int MaxSide = 8192;
    public const int MaxPixels = 24_000_000;

    // Each pass over a progressive JPEG costs as much as the whole picture, and an empty pass is a few bytes. Encoders make about ten.
    private const int MaxPasses = 100;

    private readonly SKData _file;
    private readonly SKCodec _codec;
    private SKBitmap? _pixels;

    private Picture(SKData file, SKCodec codec, PictureKind kind) => (_file, _codec, Kind) = (file, codec, kind);

    public PictureKind Kind { get; }

    public static Picture Open(ReadOnlySpan<byte> file)
    {
        var kind = PictureKind.Of(file) ?? throw new InvalidDataException(PictureKind.Expected);
        if (kind == PictureKind.Jpeg && file.Count((ReadOnlySpan<byte>)[0xFF, 0xDA]) > MaxPasses)
        {
            throw new InvalidDataException($"The picture is drawn in more than {MaxPasses} passes.");
        }

        var data = SKData.CreateCopy(file);
        if (SKCodec.Create(data) is not { } codec)
        {
            data.Dispose();
            throw new InvalidDataException("The picture's header is broken.");
        }

        var picture = new Picture(data, codec, kind);
        if (picture.FindFault() is { } fault)
        {
            picture.Dispose();
            throw new InvalidDataException(fault);
        }

        return picture;
    }

    /// <summary>
    /// Makes a copy of the same kind whose longer side has <paramref name="side"/> pixels; a smaller picture is not enlarged. The copy
    /// holds pixels alone: no place, no time, no camera. The first one unfolds the picture, four bytes for each pixel.
    /// </summary>
    public byte[] MakeThumbnail(int side)
    {
        _pixels ??= Decode();
        var scale = Math.Min(1.0, (double)side / Math.Max(_pixels.Width, _pixels.Height));
        var size = _pixels.Info.WithSize(Math.Max(1, (int)Math.Round(_pixels.Width * scale)), Math.Max(1, (int)Math.Round(_pixels.Height * scale)));
        using var small = _pixels.Resize(size, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var upright = Orientation.Turn(small, _codec.EncodedOrigin);
        return Kind.Encode(upright);
    }

    public void Dispose()
    {
        _pixels?.Dispose();
        _codec.Dispose();
        _file.Dispose();
    }

    private SKBitmap Decode()
    {
        using var colours = SKColorSpace.CreateSrgb(); // whatever colours the file is made of, these are the web's
        var pixels = new SKBitmap(new SKImageInfo(_codec.Info.Width, _codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul, colours));
        var result = _codec.GetPixels(pixels.Info, pixels.GetPixels());
        if (result == SKCodecResult.Success)
        {
            return pixels;
        }

        pixels.Dispose();
        throw new InvalidDataException(result == SKCodecResult.IncompleteInput ? "The picture is cut off." : "The picture is broken.");
    }

    private string? FindFault() => _codec.Info is var info && (info.Width is < 1 or > MaxSide || info.Height is < 1 or > MaxSide || (long)info.Width * info.Height > MaxPixels)
        ? $"The picture has {info.Width} × {info.Height} pixels; at most {MaxSide} a side and {MaxPixels} in all are read."
        : null;
}
