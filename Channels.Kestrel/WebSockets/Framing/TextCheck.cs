using System.Text.Unicode;

namespace Channels.Kestrel;

/// <summary>Strict UTF-8 (RFC 3629), checked as the octets arrive, so that the first wrong one is refused at once.</summary>
internal static class TextCheck
{
    /// <summary>
    /// How many of the octets are whole, valid code points; the rest, at most three, may still become one. Negative
    /// when nothing that follows can make the text valid.
    /// </summary>
    public static int ValidPrefix(ReadOnlySpan<byte> text)
    {
        var open = OpenSequence(text);
        if (!Utf8.IsValid(text[..^open]) || !MayBegin(text[^open..]))
        {
            return -1;
        }

        return text.Length - open;
    }

    // How many octets at the end belong to a sequence that is not complete yet.
    private static int OpenSequence(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= 3 && back <= text.Length; back++)
        {
            var octet = text[^back];
            if ((octet & 0xC0) != 0x80)
            {
                var length = octet switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
                return length > back ? back : 0;
            }
        }

        return 0;
    }

    // The second octet's range depends on the first (RFC 3629, section 4); later ones were seen to be continuations.
    private static bool MayBegin(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty)
        {
            return true;
        }

        if (start[0] is < 0xC2 or > 0xF4)
        {
            return false;
        }

        return start.Length == 1 || start[0] switch
        {
            0xE0 => start[1] >= 0xA0,
            0xED => start[1] <= 0x9F,
            0xF0 => start[1] >= 0x90,
            0xF4 => start[1] <= 0x8F,
            _ => true,
        };
    }
}
