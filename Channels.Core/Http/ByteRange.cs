using System.Net.Http.Headers;

namespace Channels;

/// <summary>A part of a representation, in bytes (RFC 9110, section 14).</summary>
/// <param name="Start">The first byte.</param>
/// <param name="Length">How many bytes; 0 when the range lies behind the end.</param>
internal readonly record struct ByteRange(long Start, long Length)
{
    /// <summary>
    /// The one range of bytes that a request asks for; null when it asks for none, for something else, for several, or
    /// makes no sense, so that the whole is the answer (section 14.2).
    /// </summary>
    /// <param name="headers">The request's fields.</param>
    /// <param name="total">The length of the whole.</param>
    public static ByteRange? Of(IHeaders headers, long total)
    {
        if (headers.GetValues("range") is not [var text] || text.Contains(',') || !RangeHeaderValue.TryParse(text, out var header)
            || !header.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var range = header.Ranges.Single();
        return range.From is { } from
            ? new(from, from >= total ? 0 : Math.Min(range.To ?? long.MaxValue, total - 1) - from + 1)
            : new(Math.Max(0, total - range.To!.Value), Math.Min(range.To.Value, total)); // a range has a start or an end
    }
}
