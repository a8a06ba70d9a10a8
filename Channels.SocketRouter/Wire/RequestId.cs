using System.Buffers.Text;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Channels.SocketRouter;

/// <summary>A request's <c>uuid</c> as it goes back: the JSON of a text or a whole number.</summary>
/// <param name="json">The JSON; of a received frame, or made.</param>
internal readonly struct RequestId(ReadOnlyMemory<byte> json) : IEquatable<RequestId>
{
    private static readonly byte[] EmptyText = "\"\""u8.ToArray();

    /// <summary>What answers have whose request could not be read.</summary>
    public static RequestId Unknown => new(EmptyText);

    /// <summary>The JSON.</summary>
    public ReadOnlySpan<byte> Json => json.Span;

    /// <summary>Reads the value that the reader stands on; false when it is none that may be a uuid.</summary>
    /// <param name="reader">On a value.</param>
    /// <param name="frame">What is read.</param>
    /// <param name="id">The uuid.</param>
    public static bool TryRead(ref Utf8JsonReader reader, ReadOnlyMemory<byte> frame, out RequestId id)
    {
        var start = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                id = new(frame[start..(int)reader.BytesConsumed]);
                return true;
            case JsonTokenType.Number:
                return TryReadNumber(frame.Slice(start, reader.ValueSpan.Length), out id);
            case JsonTokenType.True: // whole numbers to the original, which writes them as such
                id = new("1"u8.ToArray());
                return true;
            case JsonTokenType.False:
                id = new("0"u8.ToArray());
                return true;
            default:
                id = Unknown;
                return false;
        }
    }

    /// <summary>The same value of the same type, however it was written.</summary>
    public bool Equals(RequestId other) => Json.SequenceEqual(other.Json)
        || (Json.Contains((byte)'\\') || other.Json.Contains((byte)'\\')) && Json[0] == '"' && other.Json[0] == '"' && ToString() == other.ToString();

    public override bool Equals(object? obj) => obj is RequestId other && Equals(other);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The text, or the digits.</summary>
    public override string ToString()
    {
        var reader = new Utf8JsonReader(Json);
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString() ?? "" : Encoding.ASCII.GetString(Json);
    }

    private static bool TryReadNumber(ReadOnlyMemory<byte> number, out RequestId id)
    {
        if (!number.Span.ContainsAny(".eE"u8))
        {
            id = new(number);
            return true;
        }

        // 7.0 and 1e3 are whole numbers to the original, too.
        if (Utf8Parser.TryParse(number.Span, out double value, out var read) && read == number.Length && double.IsInteger(value))
        {
            id = new(Encoding.ASCII.GetBytes(new BigInteger(value).ToString(System.Globalization.CultureInfo.InvariantCulture)));
            return true;
        }

        id = Unknown;
        return false;
    }
}
