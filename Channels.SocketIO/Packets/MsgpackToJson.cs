using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Channels.SocketIO;

/// <summary>
/// Reads MessagePack that a client has written, and its values as JSON with byte arrays as attachments. Lengths are checked
/// against the bytes that are left, nesting is bounded, and whatever is wrong ends in a <see cref="FormatException"/>.
/// </summary>
/// <remarks>
/// The clients' library has types of its own: undefined, dates, and buffers as extensions of the type 0. Times are read as
/// the text that JSON has for them, and numbers that are none as null, as in JSON.
/// </remarks>
internal ref struct MsgpackToJson
{
    private const string Iso = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const long FirstTime = -62_135_596_800_000; // in milliseconds: what dates of .NET can say
    private const long LastTime = 253_402_300_799_999;

    private readonly ReadOnlyMemory<byte> _source;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly SocketIOJson _json;
    private readonly List<ReadOnlyMemory<byte>> _attachments;
    private readonly int _most;
    private int _at;

    /// <param name="source">What is read.</param>
    /// <param name="json">Writes bytes.</param>
    /// <param name="attachments">Gets the byte arrays, which are parts of the source.</param>
    /// <param name="most">How many there may be.</param>
    public MsgpackToJson(ReadOnlyMemory<byte> source, SocketIOJson json, List<ReadOnlyMemory<byte>> attachments, int most)
    {
        (_source, _json, _attachments, _most) = (source, json, attachments, most);
        _bytes = source.Span;
    }

    public readonly bool IsAtEnd => _at == _bytes.Length;

    /// <summary>How many entries a map has; they follow, key and value in turn.</summary>
    public int ReadMapCount()
    {
        var marker = ReadByte();
        var count = marker switch
        {
            >= 0x80 and <= 0x8f => marker & 0x0f,
            0xde => ReadLength(2),
            0xdf => ReadLength(4),
            _ => throw new FormatException("A map is expected."),
        };
        return Checked(count * 2) / 2;
    }

    public ReadOnlyMemory<byte> ReadText()
    {
        var marker = ReadByte();
        var length = marker switch
        {
            >= 0xa0 and <= 0xbf => marker & 0x1f,
            >= 0xd9 and <= 0xdb => ReadLength(1 << (marker - 0xd9)),
            _ => throw new FormatException("A text is expected."),
        };
        var start = _at;
        return Utf8.IsValid(Take(length)) ? _source[start.._at] : throw new FormatException("A text is no UTF-8.");
    }

    /// <summary>A number from 0; null for nothing.</summary>
    /// <param name="largest">The largest that may be.</param>
    public long? ReadInteger(long largest) => TryReadNothing() ? null
        : ReadInteger(ReadByte()) is var number && number >= 0 && number <= largest ? (long)number : throw new FormatException($"A number from 0 to {largest} is expected.");

    /// <summary>A value as JSON; empty for nothing.</summary>
    public ReadOnlyMemory<byte> ReadJson()
    {
        if (TryReadNothing())
        {
            return default;
        }

        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = _json.MakeWriter(output, _attachments))
        {
            Copy(writer, 1);
        }

        return output.WrittenMemory;
    }

    /// <summary>Passes over a value, which must be one.</summary>
    public void Skip() => Copy(null, 1);

    private void Copy(Utf8JsonWriter? writer, int depth)
    {
        var marker = ReadByte();
        switch (marker)
        {
            case >= 0x80 and <= 0x8f:
                CopyMap(marker & 0x0f, writer, depth);
                break;
            case >= 0x90 and <= 0x9f:
                CopyArray(marker & 0x0f, writer, depth);
                break;
            case (>= 0xa0 and <= 0xbf) or (>= 0xd9 and <= 0xdb):
                _at--;
                var text = ReadText();
                writer?.WriteStringValue(text.Span);
                break;
            case 0xc0:
                writer?.WriteNullValue();
                break;
            case 0xc2 or 0xc3:
                writer?.WriteBooleanValue(marker == 0xc3);
                break;
            case >= 0xc4 and <= 0xc6:
                CopyBytes(ReadLength(1 << (marker - 0xc4)), writer, depth);
                break;
            case >= 0xc7 and <= 0xc9:
                CopyExtension(ReadLength(1 << (marker - 0xc7)), isBuffer: true, writer, depth);
                break;
            case 0xca:
                CopyDouble(BinaryPrimitives.ReadSingleBigEndian(Take(4)), writer);
                break;
            case 0xcb:
                CopyDouble(BinaryPrimitives.ReadDoubleBigEndian(Take(8)), writer);
                break;
            case >= 0xd4 and <= 0xd8:
                CopyExtension(1 << (marker - 0xd4), isBuffer: false, writer, depth);
                break;
            case 0xdc or 0xdd:
                CopyArray(ReadLength(marker == 0xdc ? 2 : 4), writer, depth);
                break;
            case 0xde or 0xdf:
                CopyMap(ReadLength(marker == 0xde ? 2 : 4), writer, depth);
                break;
            default:
                CopyInteger(ReadInteger(marker), writer);
                break;
        }
    }

    private void CopyArray(long count, Utf8JsonWriter? writer, int depth)
    {
        ThrowIfTooDeep(depth);
        writer?.WriteStartArray();
        for (var left = Checked(count); left > 0; left--)
        {
            Copy(writer, depth + 1);
        }

        writer?.WriteEndArray();
    }

    private void CopyMap(long count, Utf8JsonWriter? writer, int depth)
    {
        ThrowIfTooDeep(depth);
        writer?.WriteStartObject();
        for (var left = Checked(count * 2) / 2; left > 0; left--)
        {
            var key = ReadText();
            writer?.WritePropertyName(key.Span);
            Copy(writer, depth + 1);
        }

        writer?.WriteEndObject();
    }

    private void CopyBytes(long length, Utf8JsonWriter? writer, int depth)
    {
        ThrowIfTooDeep(depth); // an object stands for them
        var start = _at;
        Take(length);
        if (writer is not null)
        {
            if (_attachments.Count == _most)
            {
                throw new FormatException($"More than {_most} byte arrays.");
            }

            _json.WriteBytes(writer, _source[start.._at]);
        }
    }

    private void CopyExtension(long length, bool isBuffer, Utf8JsonWriter? writer, int depth)
    {
        var type = (sbyte)ReadByte();
        switch (type)
        {
            case 0 when isBuffer:
                CopyBytes(length, writer, depth);
                break;
            case 0 when length == 1:
                Take(1);
                writer?.WriteNullValue(); // undefined
                break;
            case 0 when length == 8:
                CopyTime(BinaryPrimitives.ReadInt64BigEndian(Take(8)), writer);
                break;
            case -1 when length == 4:
                CopyTime(BinaryPrimitives.ReadUInt32BigEndian(Take(4)) * 1000L, writer);
                break;
            case -1 when length == 8:
                var both = BinaryPrimitives.ReadUInt64BigEndian(Take(8)); // 30 bits of nanoseconds, 34 of seconds
                CopyTime(((long)(both & 0x3_FFFF_FFFF) * 1000) + (long)((both >> 34) / 1_000_000), writer);
                break;
            default:
                throw new FormatException($"An extension of the type {type} is nothing that clients write.");
        }
    }

    private static void CopyTime(long milliseconds, Utf8JsonWriter? writer)
    {
        if (milliseconds is < FirstTime or > LastTime)
        {
            throw new FormatException("A time is out of range.");
        }

        writer?.WriteStringValue(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString(Iso, CultureInfo.InvariantCulture));
    }

    private static void CopyDouble(double number, Utf8JsonWriter? writer)
    {
        if (double.IsFinite(number))
        {
            writer?.WriteNumberValue(number);
        }
        else
        {
            writer?.WriteNullValue();
        }
    }

    private static void CopyInteger(Int128 number, Utf8JsonWriter? writer)
    {
        if (number > long.MaxValue)
        {
            writer?.WriteNumberValue((ulong)number);
        }
        else
        {
            writer?.WriteNumberValue((long)number);
        }
    }

    private Int128 ReadInteger(byte marker) => marker switch
    {
        <= 0x7f => marker,
        0xcc => ReadByte(),
        0xcd => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        0xce => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        0xcf => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        0xd0 => (sbyte)ReadByte(),
        0xd1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
        0xd2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
        0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
        >= 0xe0 => (sbyte)marker,
        _ => throw new FormatException($"0x{marker:x2} is no number."),
    };

    private bool TryReadNothing()
    {
        var length = _bytes[_at..] switch
        {
            [0xc0, ..] => 1,
            [0xd4, 0, 0, ..] => 3, // undefined
            _ => 0,
        };
        _at += length;
        return length > 0;
    }

    private byte ReadByte() => Take(1)[0];

    private long ReadLength(int bytes) => bytes switch
    {
        1 => ReadByte(),
        2 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        _ => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
    };

    private ReadOnlySpan<byte> Take(long count)
    {
        var taken = _bytes.Slice(_at, Checked(count));
        _at += taken.Length;
        return taken;
    }

    // Every value takes at least one byte, so a count is also a lower bound in bytes.
    private readonly int Checked(long count) => count <= _bytes.Length - _at ? (int)count : throw new FormatException("More is announced than there is.");

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > PayloadScan.MaxDepth)
        {
            throw new FormatException($"More than {PayloadScan.MaxDepth} arrays and maps in each other.");
        }
    }
}
