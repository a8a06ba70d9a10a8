using System.Globalization;

namespace Channels.SocketRouter;

/// <summary>
/// Finds escapes that stand for half a character (RFC 8259, section 8.2): a parser takes them, and whoever reads the text or writes it
/// again fails, so a frame with one is refused as a whole.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6; // \uXXXX

    public static bool Has(ReadOnlySpan<byte> utf8)
    {
        for (int at; (at = utf8.IndexOf((byte)'\\')) >= 0;)
        {
            utf8 = utf8[at..];
            if (!TryReadUnit(utf8, out var unit))
            {
                utf8 = utf8[Math.Min(2, utf8.Length)..]; // an escaped backslash must not begin the next escape
                continue;
            }

            utf8 = utf8[EscapeLength..];
            if (!char.IsSurrogate(unit))
            {
                continue;
            }

            if (!char.IsHighSurrogate(unit) || !TryReadUnit(utf8, out var second) || !char.IsLowSurrogate(second))
            {
                return true;
            }

            utf8 = utf8[EscapeLength..];
        }

        return false;
    }

    private static bool TryReadUnit(ReadOnlySpan<byte> utf8, out char unit)
    {
        unit = default;
        if (utf8.Length < EscapeLength || utf8[0] != '\\' || utf8[1] != 'u'
            || !ushort.TryParse(utf8[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        unit = (char)number;
        return true;
    }
}
