using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>Writes JSON as MessagePack, each value in its smallest form, and byte arrays where their placeholders stand.</summary>
internal static class JsonToMsgpack
{
    /// <summary>Writes a value.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="value">The value; its placeholders are right.</param>
    /// <param name="attachments">What the placeholders stand for; empty when there are none.</param>
    public static void Write(IBufferWriter<byte> output, JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when attachments.Count > 0 && value.TryGetProperty("_placeholder"u8, out var mark) && mark.ValueKind == JsonValueKind.True:
                var bytes = attachments[value.GetProperty("num"u8).GetInt32()].Span;
                WriteHeader(output, bytes.Length, 0, 0, 0xc4, 0xc5, 0xc6);
                output.Write(bytes);
                break;
            case JsonValueKind.Object:
                WriteMapHeader(output, value.GetPropertyCount());
                foreach (var property in value.EnumerateObject())
                {
                    WriteText(output, property.Name);
                    Write(output, property.Value, attachments);
                }

                break;
            case JsonValueKind.Array:
                WriteHeader(output, value.GetArrayLength(), 0x90, 16, 0, 0xdc, 0xdd);
                foreach (var item in value.EnumerateArray())
                {
                    Write(output, item, attachments);
                }

                break;
            case JsonValueKind.String:
                WriteText(output, TextOf(value));
                break;
            case JsonValueKind.Number:
                WriteNumber(output, value);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                WriteByte(output, value.ValueKind == JsonValueKind.True ? (byte)0xc3 : (byte)0xc2);
                break;
            default:
                WriteByte(output, 0xc0);
                break;
        }
    }

    public static void WriteMapHeader(IBufferWriter<byte> output, int count) => WriteHeader(output, count, 0x80, 16, 0, 0xde, 0xdf);

    public static void WriteText(IBufferWriter<byte> output, string text)
    {
        WriteHeader(output, Encoding.UTF8.GetByteCount(text), 0xa0, 32, 0xd9, 0xda, 0xdb);
        Encoding.UTF8.GetBytes(text, output);
    }

    public static void WriteInteger(IBufferWriter<byte> output, long number)
    {
        switch (number)
        {
            case >= 0:
                WriteUnsigned(output, (ulong)number);
                break;
            case >= -0x20:
                WriteByte(output, (byte)number);
                break;
            case >= sbyte.MinValue:
                WriteBytes(output, 0xd0, (byte)number);
                break;
            case >= short.MinValue:
                BinaryPrimitives.WriteInt16BigEndian(Begin(output, 0xd1, 2), (short)number);
                output.Advance(3);
                break;
            case >= int.MinValue:
                BinaryPrimitives.WriteInt32BigEndian(Begin(output, 0xd2, 4), (int)number);
                output.Advance(5);
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(Begin(output, 0xd3, 8), number);
                output.Advance(9);
                break;
        }
    }

    private static void WriteUnsigned(IBufferWriter<byte> output, ulong number)
    {
        switch (number)
        {
            case < 0x80:
                WriteByte(output, (byte)number);
                break;
            case <= byte.MaxValue:
                WriteBytes(output, 0xcc, (byte)number);
                break;
            case <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Begin(output, 0xcd, 2), (ushort)number);
                output.Advance(3);
                break;
            case <= uint.MaxValue:
                BinaryPrimitives.WriteUInt32BigEndian(Begin(output, 0xce, 4), (uint)number);
                output.Advance(5);
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(Begin(output, 0xcf, 8), number);
                output.Advance(9);
                break;
        }
    }

    private static void WriteNumber(IBufferWriter<byte> output, JsonElement value)
    {
        if (value.TryGetInt64(out var number))
        {
            WriteInteger(output, number);
        }
        else if (value.TryGetUInt64(out var large))
        {
            WriteUnsigned(output, large);
        }
        else
        {
            BinaryPrimitives.WriteDoubleBigEndian(Begin(output, 0xcb, 8), value.GetDouble());
            output.Advance(9);
        }
    }

    // The length or count: in the marker itself when it is below a limit, else in one, two or four bytes behind one; 0 for a form that there is not.
    private static void WriteHeader(IBufferWriter<byte> output, int length, byte inside, int limit, byte one, byte two, byte four)
    {
        if (length < limit)
        {
            WriteByte(output, (byte)(inside | length));
        }
        else if (one != 0 && length <= byte.MaxValue)
        {
            WriteBytes(output, one, (byte)length);
        }
        else if (length <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Begin(output, two, 2), (ushort)length);
            output.Advance(3);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(Begin(output, four, 4), length);
            output.Advance(5);
        }
    }

    private static Span<byte> Begin(IBufferWriter<byte> output, byte marker, int more)
    {
        var target = output.GetSpan(1 + more);
        target[0] = marker;
        return target[1..];
    }

    private static void WriteByte(IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void WriteBytes(IBufferWriter<byte> output, byte first, byte second)
    {
        Begin(output, first, 1)[0] = second;
        output.Advance(2);
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!; // it is a text
        }
        catch (InvalidOperationException)
        {
            return "\ufffd"; // half of a surrogate pair, written as an escape: UTF-8 has none
        }
    }
}
