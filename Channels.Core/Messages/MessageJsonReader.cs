using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>Reads the JSON of a typed record as message values.</summary>
internal static class MessageJsonReader
{
    private const double BeyondDecimal = 7.9e28; // the conversion back would overflow from about here on

    /// <summary>Reads an object; the reader stands on its start.</summary>
    public static MessageMap ReadMap(ref Utf8JsonReader json, JsonTypeInfo? contract)
    {
        var map = new MessageMap();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadString(ref json, "(a name)")!; // a property name is never null
            json.Read();
            map[name] = ReadValue(ref json, MessageShape.OfEntry(contract, name), name);
        }

        return map;
    }

    private static MessageValue ReadValue(ref Utf8JsonReader json, MessageShape shape, string name) => json.TokenType switch
    {
        JsonTokenType.StartObject => ReadMap(ref json, shape.FindContract()),
        JsonTokenType.StartArray => ReadList(ref json, MessageShape.OfItem(shape.FindContract()), name),
        JsonTokenType.String => ReadText(ref json, shape, name),
        JsonTokenType.Number => ReadNumber(ref json, shape, name),
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => default,
    };

    private static MessageValue ReadList(ref Utf8JsonReader json, MessageShape shape, string name)
    {
        var items = new List<MessageValue>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ReadValue(ref json, shape, name));
        }

        return items.ToArray();
    }

    private static MessageValue ReadText(ref Utf8JsonReader json, MessageShape shape, string name)
    {
        if (shape.IsBytes && json.TryGetBytesFromBase64(out var bytes))
        {
            return bytes;
        }

        var text = ReadString(ref json, name);
        return !shape.IsDouble ? text : text switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => text,
        };
    }

    private static string? ReadString(ref Utf8JsonReader json, string name) =>
        json.ValueIsEscaped && HoldsReplacement(json.ValueSpan)
            ? throw new FormatException($"The field '{name}' holds half of a surrogate pair, which no text between processes can; remove it.")
            : json.GetString();

    // The writer puts this escape where a surrogate has no other half; the character itself it writes as it is.
    private static bool HoldsReplacement(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'\\') is >= 0 and var escape)
        {
            if (text[escape..].StartsWith("\\uFFFD"u8))
            {
                return true;
            }

            text = text[(escape + 2)..]; // whatever is escaped is not looked at again
        }

        return false;
    }

    private static MessageValue ReadNumber(ref Utf8JsonReader json, MessageShape shape, string name)
    {
        if (shape.IsDouble)
        {
            return json.GetDouble();
        }

        if (shape.IsDecimal)
        {
            return ReadDecimal(json.GetDecimal(), name);
        }

        if (json.TryGetInt64(out var integer))
        {
            return integer;
        }

        if (json.TryGetUInt64(out var unsigned))
        {
            return MessageValue.FromUInt64(unsigned);
        }

        return json.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0
            ? json.GetDouble()
            : throw new FormatException($"The field '{name}' holds an integer of more than 64 bits, which no layer can carry; declare it as text.");
    }

    private static MessageValue ReadDecimal(decimal number, string name) => FitsDouble(number)
        ? (double)number
        : throw new FormatException($"The field '{name}' holds a decimal with more digits than a double has, which is how layers carry it; declare it as text.");

    /// <summary>Whether a decimal survives as a double, which is how layers carry it.</summary>
    public static bool FitsDouble(decimal number) => Math.Abs((double)number) < BeyondDecimal && (decimal)(double)number == number;
}
