using System.IO.Compression;

namespace Channels.SocketIO;

/// <summary>A way to make bodies of polls shorter (RFC 9110, section 8.4.1).</summary>
/// <param name="Name">Its name in headers.</param>
/// <param name="Wrap">Puts the compressor around a stream.</param>
internal sealed record PollCompression(string Name, Func<Stream, Stream> Wrap)
{
    private static readonly PollCompression[] Known =
    [
        new("gzip", stream => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)),
        new("deflate", stream => new ZLibStream(stream, CompressionLevel.Fastest, leaveOpen: true)),
    ];

    /// <summary>What the client accepts; null for none. A weight of zero refuses.</summary>
    public static PollCompression? Choose(IHeaders request)
    {
        var accepted = request["accept-encoding"] ?? "";
        foreach (var compression in Known)
        {
            foreach (var range in accepted.AsSpan().Split(','))
            {
                var entry = accepted.AsSpan(range);
                var semicolon = entry.IndexOf(';');
                var name = (semicolon < 0 ? entry : entry[..semicolon]).Trim();
                if (name.Equals(compression.Name, StringComparison.OrdinalIgnoreCase) && (semicolon < 0 || !IsZero(entry[(semicolon + 1)..])))
                {
                    return compression;
                }
            }
        }

        return null;
    }

    /// <summary>The compressed bytes.</summary>
    public byte[] Compress(ReadOnlyMemory<byte> body)
    {
        using var target = new MemoryStream(body.Length / 2);
        using (var compressor = Wrap(target))
        {
            compressor.Write(body.Span);
        }

        return target.ToArray();
    }

    private static bool IsZero(ReadOnlySpan<char> parameter) =>
        parameter.Trim() is ['q' or 'Q', '=', .. var weight] && double.TryParse(weight, System.Globalization.CultureInfo.InvariantCulture, out var number) && number == 0;
}
