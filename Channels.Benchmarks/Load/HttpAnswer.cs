using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>Reads answers of HTTP/1.1 as far as the load needs them.</summary>
internal static class HttpAnswer
{
    /// <summary>The body of an answer that is there as a whole and has a length.</summary>
    internal static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> answer) => answer[(answer.IndexOf("\r\n\r\n"u8) + 4)..];

    /// <summary>Bytes of the whole answer, or -1 while that is not known or a chunked body is not complete.</summary>
    internal static int Size(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return -1;
        var body = end + 4;
        var head = bytes[..end];
        var length = head.IndexOf("Content-Length: "u8);
        if (length >= 0)
        {
            var digits = head[(length + "Content-Length: ".Length)..];
            var line = digits.IndexOf((byte)'\r');
            if (line >= 0) digits = digits[..line];
            return body + int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        if (head.IndexOf("chunked"u8) < 0)
            throw new CellFailedException("an answer has neither a length nor chunks: " + Encoding.ASCII.GetString(head));
        return bytes.EndsWith("0\r\n\r\n"u8) ? bytes.Length : -1;
    }
}
