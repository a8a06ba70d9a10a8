using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Channels.Tests.Support;
using SkiaSharp;

namespace Channels.Tests.EndToEnd;

/// <summary>Pictures for the thumbnails sample.</summary>
internal static class TestPicture
{
    /// <summary>A file that another program has written: 60 by 40 pixels, the left half red, the right one blue, the upper left corner white.</summary>
    public static byte[] OfAnotherEncoder(string name) => File.ReadAllBytes(Repository.PathOf("Channels.Tests", "EndToEnd", "Pictures", name));

    public static byte[] Png(int width, int height) => Make(width, height, SKEncodedImageFormat.Png);

    /// <summary>A picture whose colours change smoothly, so that a large one is a small file.</summary>
    public static byte[] Make(int width, int height, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        using var colours = SKShader.CreateLinearGradient(new(0, 0), new(width, height), [SKColors.Red, SKColors.Blue], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = colours };
        canvas.DrawRect(0, 0, width, height, paint);
        using var file = bitmap.Encode(format, 90);
        return file.ToArray();
    }

    /// <summary>A PNG of some kilobytes with nothing wrong in it, that would unfold to 268 megabytes.</summary>
    public static byte[] Bomb()
    {
        const int side = 8192;
        using var rows = new MemoryStream();
        using (var deflate = new ZLibStream(rows, CompressionLevel.Optimal))
        {
            deflate.Write(new byte[side * ((side / 8) + 1)]); // one bit per pixel, one byte more per row
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        header[8] = 1;
        return [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] chunk = [0, 0, 0, 0, .. type, .. data, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
