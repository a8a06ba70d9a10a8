using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Thumbnails;

/// <summary>Writes PNG pictures with alpha, eight bits per channel.</summary>
internal static class PngWriter
{
    private const byte UpFilter = 2;

    public static byte[] Write(Picture picture)
    {
        using var file = new MemoryStream();
        file.Write(PngFormat.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        (header[8], header[9]) = (8, 6); // eight bits of red, green, blue and alpha
        WriteChunk(file, "IHDR", header);
        WriteChunk(file, "IDAT", Compress(picture));
        WriteChunk(file, "IEND", default);
        return file.ToArray();
    }

    private static byte[] Compress(Picture picture)
    {
        var stride = picture.Width * Picture.Channels;
        var row = new byte[stride];
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            for (var y = 0; y < picture.Height; y++)
            {
                for (var i = 0; i < stride; i++)
                {
                    row[i] = (byte)(picture.Pixels[(y * stride) + i] - (y == 0 ? 0 : picture.Pixels[((y - 1) * stride) + i]));
                }

                deflate.WriteByte(UpFilter);
                deflate.Write(row);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(Stream file, string type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Checksum(chunk.AsSpan(4, 4 + data.Length)));
        file.Write(chunk);
    }

    // CRC-32 as the specification defines it (annex D); a table would be longer than what it saves here.
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
