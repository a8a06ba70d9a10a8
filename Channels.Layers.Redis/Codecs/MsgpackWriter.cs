using System.Buffers;
using System.Buffers.Binary;

namespace Channels.Layers.Redis;

/// <summary>Writes message values as MessagePack, each in its smallest form.</summary>
internal static class MsgpackWriter
{
    /// <summary>How many values may be nested in each other; Python writes no more either.</summary>
    public const int MaxDepth = MessageContent.MaxDepth;

    public static void WriteEntries(IBufferWriter<byte> output, IReadOnlyCollection<KeyValuePair<string, MessageValue>> map) => WriteMap(output, map, 1);

    public static void Write(IBufferWriter<byte> output, MessageValue value) => WriteValue(output, value, 1);

    private static void WriteValue(IBufferWriter<byte> output, in MessageValue value, int depth)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Boolean:
                WriteByte(output, value.GetBoolean() ? (byte)0xc3 : (byte)0xc2);
                break;
            case MessageValueKind.Integer when value.IsUnsigned:
                WriteUnsigned(output, value.GetUInt64());
                break;
            case MessageValueKind.Integer:
                WriteInteger(output, value.GetInt64());
                break;
            case MessageValueKind.Double:
                var bytes = output.GetSpan(9);
                bytes[0] = 0xcb;
                BinaryPrimitives.WriteDoubleBigEndian(bytes[1..], value.GetDouble());
                output.Advance(9);
                break;
            case MessageValueKind.Text:
                WriteText(output, value.GetText());
                break;
            case MessageValueKind.Bytes:
                var content = value.GetBytes().Span;
                WriteLength(output, content.Length, 0xc4, 0xc5, 0xc6);
                output.Write(content);
                break;
            case MessageValueKind.List:
                WriteList(output, value.GetList(), depth);
                break;
            case MessageValueKind.Map:
                WriteMap(output, value.GetMap(), depth);
                break;
            default:
                WriteByte(output, 0xc0);
                break;
        }
    }

    private static void WriteList(IBufferWriter<byte> output, IReadOnlyList<MessageValue> items, int depth)
    {
        ThrowIfTooDeep(depth);
        if (items.Count < 16)
        {
            WriteByte(output, (byte)(0x90 | items.Count));
        }
        else
        {
            WriteLength(output, items.Count, null, 0xdc, 0xdd);
        }

        for (var i = 0; i < items.Count; i++)
        {
            WriteValue(output, items[i], depth + 1);
        }
    }

    private static void WriteMap(IBufferWriter<byte> output, IReadOnlyCollection<KeyValuePair<string, MessageValue>> map, int depth)
    {
        ThrowIfTooDeep(depth);
        if (map.Count < 16)
        {
            WriteByte(output, (byte)(0x80 | map.Count));
        }
        else
        {
            WriteLength(output, map.Count, null, 0xde, 0xdf);
        }

        foreach (var (key, value) in map)
        {
            WriteText(output, key);
            WriteValue(output, value, depth + 1);
        }
    }

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        var length = StrictText.ByteCount(text);
        if (length < 32)
        {
            WriteByte(output, (byte)(0xa0 | length));
        }
        else
        {
            WriteLength(output, length, 0xd9, 0xda, 0xdb);
        }

        output.Advance(StrictText.Encode(text, output.GetSpan(Math.Max(1, length))));
    }

    private static void WriteInteger(IBufferWriter<byte> output, long value)
    {
        if (value >= 0)
        {
            WriteUnsigned(output, (ulong)value);
            return;
        }

        var bytes = output.GetSpan(9);
        switch (value)
        {
            case >= -32:
                bytes[0] = unchecked((byte)value);
                output.Advance(1);
                break;
            case >= sbyte.MinValue:
                bytes[0] = 0xd0;
                bytes[1] = unchecked((byte)value);
                output.Advance(2);
                break;
            case >= short.MinValue:
                bytes[0] = 0xd1;
                BinaryPrimitives.WriteInt16BigEndian(bytes[1..], (short)value);
                output.Advance(3);
                break;
            case >= int.MinValue:
                bytes[0] = 0xd2;
                BinaryPrimitives.WriteInt32BigEndian(bytes[1..], (int)value);
                output.Advance(5);
                break;
            default:
                bytes[0] = 0xd3;
                BinaryPrimitives.WriteInt64BigEndian(bytes[1..], value);
                output.Advance(9);
                break;
        }
    }

    private static void WriteUnsigned(IBufferWriter<byte> output, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            if (value < 128)
            {
                WriteByte(output, (byte)value);
            }
            else
            {
                WriteLength(output, (long)value, 0xcc, 0xcd, 0xce);
            }

            return;
        }

        var bytes = output.GetSpan(9);
        bytes[0] = 0xcf;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], value);
        output.Advance(9);
    }

    // A length (or small unsigned integer) behind the shortest of up to three markers.
    private static void WriteLength(IBufferWriter<byte> output, long length, byte? marker8, byte marker16, byte marker32)
    {
        var bytes = output.GetSpan(5);
        if (marker8 is { } marker && length <= byte.MaxValue)
        {
            bytes[0] = marker;
            bytes[1] = (byte)length;
            output.Advance(2);
        }
        else if (length <= ushort.MaxValue)
        {
            bytes[0] = marker16;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)length);
            output.Advance(3);
        }
        else
        {
            bytes[0] = marker32;
            BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], (uint)length);
            output.Advance(5);
        }
    }

    private static void WriteByte(IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"The message nests more than {MaxDepth} lists and maps in each other; Python peers refuse that too. Flatten it.");
        }
    }
}
