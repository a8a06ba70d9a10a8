using System.Text.Unicode;

namespace Channels.SocketIO;

/// <summary>The body of a poll: packets joined by a separator (Engine.IO protocol 4, "HTTP long-polling").</summary>
internal static class PollingPayload
{
    /// <summary>Stands between packets.</summary>
    public const byte Separator = 0x1e;

    /// <summary>Begins a packet that is a binary message in base64.</summary>
    public const byte Binary = (byte)'b';

    /// <summary>Whether a body may hold packets at all.</summary>
    public static bool IsText(ReadOnlySpan<byte> body) => !body.IsEmpty && Utf8.IsValid(body);

    /// <summary>Takes the first packet off a body.</summary>
    /// <param name="rest">The body; what is left of it afterwards, null behind its last packet.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>False when there is no packet where one must be.</returns>
    public static bool TryTake(ref ReadOnlyMemory<byte>? rest, out EnginePacket packet)
    {
        var body = rest.GetValueOrDefault();
        var end = body.Span.IndexOf(Separator);
        rest = end < 0 ? default(ReadOnlyMemory<byte>?) : body[(end + 1)..]; // null alone would be converted to an empty body
        return EnginePacket.TryParse(end < 0 ? body : body[..end], out packet);
    }

    /// <summary>The body that holds these packets.</summary>
    public static byte[] Join(IReadOnlyList<EngineIOSend> packets)
    {
        var length = packets.Count - 1;
        foreach (var packet in packets)
        {
            length += packet.GetPayload().Length;
        }

        var body = new byte[length];
        var written = 0;
        foreach (var packet in packets)
        {
            if (written > 0)
            {
                body[written++] = Separator;
            }

            packet.GetPayload().Span.CopyTo(body.AsSpan(written));
            written += packet.GetPayload().Length;
        }

        return body;
    }
}
