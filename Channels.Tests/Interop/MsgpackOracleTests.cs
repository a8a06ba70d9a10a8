using System.Buffers;
using System.Text;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Nerdbank.MessagePack;

namespace Channels.Tests.Interop;

/// <summary>Our MessagePack beside that of a library made by others: each reads what the other writes, and both write the same bytes.</summary>
[Proves("R-MSG-01", "R-MSG-0C")]
public sealed class MsgpackOracleTests
{
    private static readonly Config ManyTimes = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Test]
    public void Both_write_the_same_bytes_and_read_what_was_written() =>
        Prop.ForAll(Values(4).ToArbitrary(), value =>
        {
            var bytes = Ours(value);
            return bytes.AsSpan().SequenceEqual(Theirs(value)) && ReadByThem(bytes).Equals(value) && MsgpackReader.ReadSingle(bytes).Equals(value);
        }).Check(ManyTimes);

    [Test]
    public void Numbers_and_lengths_in_wider_forms_than_needed_are_read_as_they_read_them() =>
        Prop.ForAll(WideForms().ToArbitrary(), bytes => MsgpackReader.ReadSingle(bytes).Equals(ReadByThem(bytes))).Check(ManyTimes);

    [Test]
    public void Whatever_bytes_we_take_for_a_message_they_take_for_the_same()
    {
        // Most random bytes are refused by both; mended ones (a value with one byte changed) come far.
        var damaged =
            from value in Values(3)
            from position in Gen.Choose(0, int.MaxValue - 1)
            from replacement in Gen.Choose(0, 255)
            select Damage(Ours(value), position, (byte)replacement);
        Prop.ForAll(damaged.ToArbitrary(), bytes => TryRead(bytes) is not { } value || value.Equals(ReadByThem(bytes))).Check(ManyTimes);
    }

    private static Gen<MessageValue> Values(int depth)
    {
        var leaves = Gen.OneOf(
            Gen.Constant(MessageValue.Null),
            Gen.Elements((MessageValue)true, false),
            Numbers().Select(number => (MessageValue)number),
            ArbMap.Default.GeneratorFor<ulong>().Select(number => MessageValue.FromUInt64(number | 1UL << 63)),
            ArbMap.Default.GeneratorFor<double>().Where(number => !double.IsNaN(number)).Select(number => (MessageValue)number),
            Texts().Select(text => (MessageValue)text),
            Gen.Elements(0, 1, 31, 255, 256, 65_535, 65_536).Select(length => (MessageValue)new byte[length]));
        if (depth == 0)
        {
            return leaves;
        }

        var lists = Gen.Elements(0, 1, 3, 15, 16).SelectMany(count => Values(depth - 1).ArrayOf(count)).Select(items => (MessageValue)items);
        var maps =
            from keys in Gen.Elements(0, 1, 3, 15, 16).SelectMany(count => Texts().ArrayOf(count))
            from values in Values(depth - 1).ArrayOf(keys.Length)
            select (MessageValue)MapOf(keys, values);
        return Gen.Frequency((5, leaves), (1, lists), (1, maps));
    }

    // All widths, and the last value of each beside the first of the next.
    private static Gen<long> Numbers() =>
        from bits in Gen.Choose(0, 63)
        from offset in Gen.Choose(-2, 2)
        from negative in Gen.Elements(true, false)
        select (negative ? -1 : 1) * ((long)(1UL << bits) + offset);

    private static Gen<string> Texts() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get).Where(IsText),
        Gen.Elements(0, 31, 32, 255, 256, 65_535, 65_536).Select(length => new string('x', length)),
        Gen.Elements("ä", "κόσμε", "😀", "\0", "\u2028"));

    private static Gen<byte[]> WideForms() =>
        from number in Numbers()
        from form in Gen.Choose(0, 8)
        select Write(span =>
        {
            var written = 0;
            _ = form switch
            {
                0 => MessagePackPrimitives.TryWriteInt8(span, (sbyte)number, out written),
                1 => MessagePackPrimitives.TryWriteInt16(span, (short)number, out written),
                2 => MessagePackPrimitives.TryWriteInt32(span, (int)number, out written),
                3 => MessagePackPrimitives.TryWriteInt64(span, number, out written),
                4 => MessagePackPrimitives.TryWriteUInt8(span, (byte)number, out written),
                5 => MessagePackPrimitives.TryWriteUInt16(span, (ushort)number, out written),
                6 => MessagePackPrimitives.TryWriteUInt32(span, (uint)number, out written),
                7 => MessagePackPrimitives.TryWriteUInt64(span, (ulong)number, out written),
                _ => MessagePackPrimitives.TryWrite(span, (float)number, out written),
            };
            return written;
        });

    private static bool IsText(string text) => text.EnumerateRunes().All(rune => rune != Rune.ReplacementChar);

    private static MessageMap MapOf(string[] keys, MessageValue[] values)
    {
        var map = new MessageMap();
        foreach (var (key, value) in keys.Zip(values))
        {
            map[key] = value;
        }

        return map;
    }

    private static byte[] Damage(byte[] bytes, int position, byte replacement)
    {
        bytes[position % bytes.Length] = replacement;
        return bytes;
    }

    private static byte[] Write(Func<byte[], int> write)
    {
        var bytes = new byte[16];
        return bytes[..write(bytes)];
    }

    private static MessageValue? TryRead(byte[] bytes)
    {
        try
        {
            return MsgpackReader.ReadSingle(bytes);
        }
        catch (FormatException)
        {
            return null; // what we refuse is not their concern
        }
    }

    private static byte[] Ours(MessageValue value)
    {
        var output = new ArrayBufferWriter<byte>();
        MsgpackWriter.Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Theirs(MessageValue value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        WriteTheirs(ref writer, value);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static void WriteTheirs(ref MessagePackWriter writer, MessageValue value)
    {
        switch (value.Kind)
        {
            case MessageValueKind.Null:
                writer.WriteNil();
                break;
            case MessageValueKind.Boolean:
                writer.Write(value.GetBoolean());
                break;
            case MessageValueKind.Integer when value.IsUnsigned:
                writer.Write(value.GetUInt64());
                break;
            case MessageValueKind.Integer:
                writer.Write(value.GetInt64());
                break;
            case MessageValueKind.Double:
                writer.Write(value.GetDouble());
                break;
            case MessageValueKind.Text:
                writer.Write(value.GetText());
                break;
            case MessageValueKind.Bytes:
                writer.Write(value.GetBytes().Span);
                break;
            case MessageValueKind.List:
                writer.WriteArrayHeader(value.GetList().Count);
                foreach (var item in value.GetList())
                {
                    WriteTheirs(ref writer, item);
                }

                break;
            default:
                writer.WriteMapHeader(value.GetMap().Count);
                foreach (var (key, item) in value.GetMap())
                {
                    writer.Write(key);
                    WriteTheirs(ref writer, item);
                }

                break;
        }
    }

    private static MessageValue ReadByThem(byte[] bytes)
    {
        var reader = new MessagePackReader(bytes);
        var value = ReadTheirs(ref reader);
        Assert.That(reader.End, "they see bytes behind the value");
        return value;
    }

    private static MessageValue ReadTheirs(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return MessageValue.Null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                return reader.NextCode == MessagePackCode.UInt64 ? MessageValue.FromUInt64(reader.ReadUInt64()) : reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString()!;
            case MessagePackType.Binary:
                return reader.ReadBytes()!.Value.ToArray();
            case MessagePackType.Array:
                var items = new MessageValue[reader.ReadArrayHeader()];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = ReadTheirs(ref reader);
                }

                return items;
            default:
                var map = new MessageMap();
                for (var left = reader.ReadMapHeader(); left > 0; left--)
                {
                    var key = reader.ReadString()!;
                    map[key] = ReadTheirs(ref reader);
                }

                return map;
        }
    }
}
