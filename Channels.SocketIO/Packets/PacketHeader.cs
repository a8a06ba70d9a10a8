using System.Buffers.Text;

namespace Channels.SocketIO;

/// <summary>The text of one packet, taken apart; its payload is not looked at yet.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Namespace">The namespace as UTF-8; <c>/</c> when none is written.</param>
/// <param name="Id">The acknowledgement's number; null for none.</param>
/// <param name="Attachments">How many binary messages follow.</param>
/// <param name="Payload">The JSON text; empty for none.</param>
internal readonly record struct PacketHeader(PacketType Type, ReadOnlyMemory<byte> Namespace, long? Id, int Attachments, ReadOnlyMemory<byte> Payload)
{
    // Above this JavaScript's numbers are not exact, so no client counts so far.
    private const long LargestId = (1L << 53) - 1;

    private static readonly ReadOnlyMemory<byte> MainNamespace = new([(byte)'/']);

    /// <summary>Takes a packet's text apart; false when it is none.</summary>
    /// <param name="text">The text, without the engine's own digit.</param>
    /// <param name="maxAttachments">How many attachments a packet may announce.</param>
    /// <param name="header">The packet.</param>
    public static bool TryRead(ReadOnlyMemory<byte> text, int maxAttachments, out PacketHeader header)
    {
        header = default;
        var rest = text.Span;
        if (rest.IsEmpty || rest[0] is < (byte)'0' or > (byte)'6')
        {
            return false;
        }

        var type = (PacketType)(rest[0] - '0');
        var attachments = 0;
        var at = 1;
        if (type is PacketType.BinaryEvent or PacketType.BinaryAcknowledgement)
        {
            var dash = rest.IndexOf((byte)'-');
            if (dash < 2 || !TryReadNumber(rest[1..dash], out var count) || count < 1 || count > maxAttachments)
            {
                return false;
            }

            (attachments, at) = ((int)count, dash + 1);
        }

        var name = MainNamespace;
        if (at < rest.Length && rest[at] == '/')
        {
            var comma = rest[at..].IndexOf((byte)',');
            var end = comma < 0 ? rest.Length : at + comma;
            name = text[at..end];
            at = Math.Min(end + 1, rest.Length);
        }

        long? id = null;
        var digits = rest[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? rest.Length - at : digits;
        if (digits > 0)
        {
            if (!TryReadNumber(rest.Slice(at, digits), out var number))
            {
                return false;
            }

            (id, at) = (number, at + digits);
        }

        header = new(type, name, id, attachments, text[at..]);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out long number)
    {
        digits = digits.TrimStart((byte)'0') is { Length: > 0 } significant ? significant : digits[..1];
        return Utf8Parser.TryParse(digits, out number, out var read) && read == digits.Length && digits[0] is >= (byte)'0' and <= (byte)'9' && number <= LargestId;
    }
}
