using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>One keep-alive connection that asks again as soon as it has the whole answer.</summary>
internal sealed class HttpClientConnection(byte[] request, HttpDriver driver) : LoadConnection
{
    private byte[] _partial = [];
    private long _sent;

    internal override void OnConnected() => Ask();

    internal override void OnBytes(ReadOnlySpan<byte> bytes, long now)
    {
        if (_partial.Length > 0) bytes = (byte[])[.. _partial, .. bytes];
        var size = AnswerSize(bytes);
        if (size < 0 || size > bytes.Length)
        {
            _partial = bytes.ToArray();
            return;
        }

        _partial = [];
        driver.OnAnswer(now - _sent, bytes.StartsWith("HTTP/1.1 200 "u8));
        Ask();
    }

    internal override void OnEnded(string reason) => driver.OnEnded(reason);

    private void Ask()
    {
        _sent = System.Diagnostics.Stopwatch.GetTimestamp();
        Send(request);
    }

    /// <summary>Bytes of the whole answer, or -1 while that is not known or a chunked body is not complete.</summary>
    private static int AnswerSize(ReadOnlySpan<byte> bytes)
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
