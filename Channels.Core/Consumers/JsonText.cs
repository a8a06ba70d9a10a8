using System.Globalization;
using System.Text.Json;

namespace Channels;

/// <summary>JSON from and to UTF-8, with the depth limit of the house.</summary>
internal static class JsonText
{
    private const int MaxDepth = 64;
    private const int UnitEscapeLength = 6; // \uXXXX

    public static bool TryParse(ReadOnlySpan<byte> utf8, out JsonElement content)
    {
        try
        {
            content = JsonElement.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return !MayHoldHalves(utf8) || IsWellFormed(utf8);
        }
        catch (JsonException)
        {
            content = default; // the caller tells the peer
            return false;
        }
    }

    /// <summary>
    /// Whether an escape stands for half a character (RFC 8259, section 8.2): a parser takes it, and whoever reads the text or
    /// writes it again fails.
    /// </summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<byte> utf8)
    {
        for (int at; (at = utf8.IndexOf((byte)'\\')) >= 0;)
        {
            utf8 = utf8[at..];
            if (!TryReadEscape(utf8, out var unit))
            {
                utf8 = utf8[Math.Min(2, utf8.Length)..]; // an escaped backslash must not begin the next escape
                continue;
            }

            utf8 = utf8[UnitEscapeLength..];
            if (!char.IsSurrogate(unit))
            {
                continue;
            }

            if (!char.IsHighSurrogate(unit) || !TryReadEscape(utf8, out var second) || !char.IsLowSurrogate(second))
            {
                return true;
            }

            utf8 = utf8[UnitEscapeLength..];
        }

        return false;
    }

    public static bool IsWellFormed(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false; // an InvalidOperationException tells of half a surrogate pair
        }
    }

    // The parser takes escapes that write half a surrogate pair, and whoever asks for such a text then fails: no fault of the consumer's.
    private static bool MayHoldHalves(ReadOnlySpan<byte> utf8) => utf8.IndexOf("\\ud"u8) >= 0 || utf8.IndexOf("\\uD"u8) >= 0;

    public static ReadOnlyMemory<byte> Write(JsonElement content)
    {
        var utf8 = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(utf8))
        {
            content.WriteTo(writer);
        }

        return utf8.WrittenMemory;
    }

    private static bool TryReadEscape(ReadOnlySpan<byte> utf8, out char unit)
    {
        unit = default;
        if (utf8.Length < UnitEscapeLength || utf8[0] != '\\' || utf8[1] != 'u'
            || !ushort.TryParse(utf8[2..UnitEscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        unit = (char)number;
        return true;
    }
}
