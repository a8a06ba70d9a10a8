using System.Buffers.Text;

namespace Channels.SocketRouter;

/// <summary>
/// Writes replies as the Python package writes them: keys in its order, a space behind each colon and comma, so that recorded
/// conversations can be compared byte for byte.
/// </summary>
internal static class ReplyWriter
{
    private static ReadOnlySpan<byte> Null => "null"u8;

    /// <summary>A reply.</summary>
    /// <param name="headers">JSON without white space; empty for null.</param>
    /// <param name="payload">JSON without white space; empty for null.</param>
    /// <param name="id">The request's.</param>
    /// <param name="status">Three digits.</param>
    public static byte[] Reply(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, RequestId id, int status) =>
        Write("{\"headers\": "u8, Or(headers), ", \"payload\": "u8, Or(payload), ", \"uuid\": "u8, id.Json, ", \"status\": "u8, status);

    /// <summary>The answer to a heartbeat.</summary>
    public static byte[] Pong(RequestId id) =>
        [.. "{\"headers\": null, \"payload\": null, \"uuid\": "u8, .. id.Json, .. ", \"route\": \"PONG\"}"u8];

    /// <summary>A message of the application's own to this client.</summary>
    /// <param name="route">The route as JSON.</param>
    /// <param name="payload">JSON without white space; empty for null.</param>
    public static byte[] Push(ReadOnlySpan<byte> route, ReadOnlySpan<byte> payload) =>
        Write("{\"route\": "u8, route, ", \"payload\": "u8, Or(payload), default, default, ", \"status\": "u8, 200);

    private static ReadOnlySpan<byte> Or(ReadOnlySpan<byte> json) => json.IsEmpty ? Null : json;

    // Text, JSON, text, JSON, text, JSON as it is, text, number, and the end of the object.
    private static byte[] Write(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> a, ReadOnlySpan<byte> second, ReadOnlySpan<byte> b, ReadOnlySpan<byte> third, ReadOnlySpan<byte> c, ReadOnlySpan<byte> fourth, int number)
    {
        var frame = new byte[first.Length + Spacing.LengthOf(a) + second.Length + Spacing.LengthOf(b) + third.Length + c.Length + fourth.Length + 4];
        var rest = Put(frame, first);
        rest = rest[Spacing.Write(a, rest)..];
        rest = Put(rest, second);
        rest = rest[Spacing.Write(b, rest)..];
        rest = Put(rest, third);
        rest = Put(rest, c);
        rest = Put(rest, fourth);
        Utf8Formatter.TryFormat(number, rest, out var digits);
        rest[digits] = (byte)'}';
        return frame;
    }

    private static Span<byte> Put(Span<byte> target, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target);
        return target[bytes.Length..];
    }
}
