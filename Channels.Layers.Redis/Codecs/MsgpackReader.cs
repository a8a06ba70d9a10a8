using System.Buffers.Binary;

namespace Channels.Layers.Redis;

/// <summary>
/// Reads MessagePack written by anybody. Lengths are checked against the bytes that are left
/// before anything is allocated, nesting is bounded, and whatever is wrong ends in a <see cref="FormatException"/>.
/// </summary>
internal ref struct MsgpackReader
{
    /// <summary>How many lists and maps may be nested; Python reads no more either.</summary>
    public const int MaxDepth = 1024;

    // Announced counts cannot be trusted for allocation: nested, each level could claim the whole rest of the message.
    private const int MostPreallocated = 16;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    private MsgpackReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Reads exactly one value.</summary>
    public static MessageValue ReadSingle(ReadOnlySpan<byte> bytes)
    {
        var reader = new MsgpackReader(bytes);
        var value = reader.ReadValue(1);
        reader.ThrowIfNotAtEnd();
        return value;
    }

    /// <summary>Reads exactly one map, which is the caller's own.</summary>
    public static MessageMap ReadMap(ReadOnlySpan<byte> bytes)
    {
        var reader = new MsgpackReader(bytes);
        var marker = reader.Take(1)[0];
        var map = marker switch
        {
            >= 0x80 and <= 0x8f => reader.ReadMap(marker & 0x0f, 1),
            0xde => reader.ReadMap(reader.ReadUInt16(), 1),
            0xdf => reader.ReadMap(reader.ReadUInt32(), 1),
            _ => throw new FormatException($"The body is not a map (0x{marker:x2})."),
        };
        reader.ThrowIfNotAtEnd();
        return map;
    }

    private MessageValue ReadValue(int depth)
    {
        var marker = Take(1)[0];
        return marker switch
        {
            <= 0x7f => (long)marker,
            <= 0x8f => ReadMap(marker & 0x0f, depth),
            <= 0x9f => ReadList(marker & 0x0f, depth),
            <= 0xbf => StrictText.Decode(Take(marker & 0x1f)),
            0xc0 => MessageValue.Null,
            0xc2 => false,
            0xc3 => true,
            0xc4 => Take(Take(1)[0]).ToArray(),
            0xc5 => Take(ReadUInt16()).ToArray(),
            0xc6 => Take(ReadUInt32()).ToArray(),
            0xca => (double)BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            0xcb => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            0xcc => (long)Take(1)[0],
            0xcd => (long)ReadUInt16(),
            0xce => ReadUInt32(),
            0xcf => MessageValue.FromUInt64(BinaryPrimitives.ReadUInt64BigEndian(Take(8))),
            0xd0 => (long)(sbyte)Take(1)[0],
            0xd1 => (long)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => (long)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            0xd9 => StrictText.Decode(Take(Take(1)[0])),
            0xda => StrictText.Decode(Take(ReadUInt16())),
            0xdb => StrictText.Decode(Take(ReadUInt32())),
            0xdc => ReadList(ReadUInt16(), depth),
            0xdd => ReadList(ReadUInt32(), depth),
            0xde => ReadMap(ReadUInt16(), depth),
            0xdf => ReadMap(ReadUInt32(), depth),
            >= 0xe0 => (long)(sbyte)marker,
            0xc1 => throw new FormatException("The byte 0xc1 has no meaning."),
            _ => throw new FormatException("Extension values are not among the types of a layer message."), // c7-c9, d4-d8
        };
    }

    private MessageValue ReadList(long count, int depth)
    {
        ThrowIfTooDeep(depth);
        ThrowIfBeyondEnd(count);
        var items = new List<MessageValue>((int)Math.Min(count, MostPreallocated));
        for (var i = 0L; i < count; i++)
        {
            items.Add(ReadValue(depth + 1));
        }

        return items.ToArray();
    }

    private MessageMap ReadMap(long count, int depth)
    {
        ThrowIfTooDeep(depth);
        ThrowIfBeyondEnd(count * 2);
        var map = new MessageMap();
        for (var i = 0L; i < count; i++)
        {
            var key = ReadKey();
            map[key] = ReadValue(depth + 1);
        }

        return map;
    }

    private string ReadKey()
    {
        var marker = Take(1)[0];
        return marker switch
        {
            >= 0xa0 and <= 0xbf => StrictText.Decode(Take(marker & 0x1f)),
            0xd9 => StrictText.Decode(Take(Take(1)[0])),
            0xda => StrictText.Decode(Take(ReadUInt16())),
            0xdb => StrictText.Decode(Take(ReadUInt32())),
            _ => throw new FormatException($"A map key is not text (0x{marker:x2})."),
        };
    }

    private int ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    private long ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    private ReadOnlySpan<byte> Take(long count)
    {
        ThrowIfBeyondEnd(count);
        var taken = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    // Every list item takes at least one byte and every map entry two, so a count is also a lower bound in bytes.
    private readonly void ThrowIfBeyondEnd(long count)
    {
        if (count > _bytes.Length - _position)
        {
            throw new FormatException($"{count} bytes or values are announced, but only {_bytes.Length - _position} bytes are left.");
        }
    }

    private readonly void ThrowIfNotAtEnd()
    {
        if (_position < _bytes.Length)
        {
            throw new FormatException($"{_bytes.Length - _position} bytes follow the message.");
        }
    }

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException($"More than {MaxDepth} lists and maps are nested in each other.");
        }
    }
}
