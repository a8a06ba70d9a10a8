using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Thumbnails;

/// <summary>
/// Reads PNG pictures of eight bits per channel, grey or colour, with or without alpha, not interlaced: what browsers
/// write. Sizes are checked before memory is taken; anything else is an <see cref="InvalidDataException"/>.
/// </summary>
internal static class PngReader
{
    public const int MaxSide = 8192;
    public const int MaxPixels = 24_000_000;

    public static Picture Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(PngFormat.Signature))
        {
            throw new InvalidDataException("This is not a PNG picture.");
        }

        var rest = file[PngFormat.Signature.Length..];
        Header? header = null;
        using var compressed = new MemoryStream();
        while (TryReadChunk(ref rest, out var type, out var data))
        {
            if (type == "IHDR")
            {
                header = Header.Parse(data);
            }
            else if (type == "IDAT")
            {
                compressed.Write(data);
            }
            else if (type == "IEND")
            {
                break;
            }
        }

        compressed.Position = 0;
        return Decode(header ?? throw new InvalidDataException("The picture has no header."), compressed);
    }

    private static bool TryReadChunk(ref ReadOnlySpan<byte> rest, out string type, out ReadOnlySpan<byte> data)
    {
        type = "";
        data = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Length < 12 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 12)
        {
            throw new InvalidDataException("The picture is cut off.");
        }

        type = Encoding.ASCII.GetString(rest.Slice(4, 4));
        data = rest.Slice(8, (int)length);
        rest = rest[(12 + (int)length)..]; // four bytes of checksum follow the data; inflating finds broken data by itself
        return true;
    }

    private static Picture Decode(Header header, Stream compressed)
    {
        var stride = header.Width * header.Channels;
        var rows = new byte[header.Height * stride];
        var filter = new byte[1];
        try
        {
            using var inflate = new ZLibStream(compressed, CompressionMode.Decompress);
            for (var y = 0; y < header.Height; y++)
            {
                inflate.ReadExactly(filter);
                var row = rows.AsSpan(y * stride, stride);
                inflate.ReadExactly(row);
                Unfilter(filter[0], row, y == 0 ? default : rows.AsSpan((y - 1) * stride, stride), header.Channels);
            }
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("The picture is cut off.");
        }

        return new Picture(header.Width, header.Height, ToRgba(rows, header.Channels));
    }

    private static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int channels)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var left = i >= channels ? row[i - channels] : (byte)0;
            var up = above.IsEmpty ? (byte)0 : above[i];
            var upperLeft = above.IsEmpty || i < channels ? (byte)0 : above[i - channels];
            row[i] += filter switch
            {
                0 => 0,
                1 => left,
                2 => up,
                3 => (byte)((left + up) / 2),
                4 => PngFormat.Paeth(left, up, upperLeft),
                _ => throw new InvalidDataException($"The picture uses filter {filter}, which does not exist."),
            };
        }
    }

    private static byte[] ToRgba(byte[] rows, int channels)
    {
        if (channels == Picture.Channels)
        {
            return rows;
        }

        var rgba = new byte[rows.Length / channels * Picture.Channels];
        for (int from = 0, to = 0; from < rows.Length; from += channels, to += Picture.Channels)
        {
            var colour = channels >= 3;
            rgba[to] = rows[from];
            rgba[to + 1] = rows[colour ? from + 1 : from];
            rgba[to + 2] = rows[colour ? from + 2 : from];
            rgba[to + 3] = channels == 2 ? rows[from + 1] : (byte)255;
        }

        return rgba;
    }

    private sealed record Header(int Width, int Height, int Channels)
    {
        public static Header Parse(ReadOnlySpan<byte> data)
        {
            if (data.Length != 13)
            {
                throw new InvalidDataException("The picture's header is broken.");
            }

            var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
            if (width is 0 or > MaxSide || height is 0 or > MaxSide || (long)width * height > MaxPixels)
            {
                throw new InvalidDataException($"The picture has {width} × {height} pixels; at most {MaxSide} a side and {MaxPixels} in all are read.");
            }

            var channels = data[9] switch { 0 => 1, 2 => 3, 4 => 2, 6 => 4, _ => 0 };
            return data[8] == 8 && channels > 0 && data[12] == 0
                ? new Header((int)width, (int)height, channels)
                : throw new InvalidDataException("Only PNG pictures of eight bits per channel, without palette and interlacing, are read.");
        }
    }
}
