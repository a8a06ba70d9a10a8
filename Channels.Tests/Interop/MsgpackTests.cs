using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>MessagePack byte for byte as Python writes it, and nothing but refusal for what Python cannot read.</summary>
public sealed class MsgpackTests
{
    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "msgpack_encode", "cases", "id" })]
    [Proves("R-MSG-01", "R-MSG-02", "R-MSG-03", "R-MSG-04", "R-MSG-05", "R-MSG-06", "R-MSG-07", "R-MSG-08")]
    public void Values_are_written_as_Python_writes_them_and_read_back(JsonElement vector)
    {
        var value = WireVectors.Value(vector.GetProperty("value"));
        var written = Encode(value);
        if (vector.TryGetProperty("hex", out _))
        {
            Assert.That(Convert.ToHexStringLower(written), Is.EqualTo(vector.Text("hex")));
        }
        else
        {
            Assert.That(written, Has.Length.EqualTo(vector.GetProperty("length").GetInt32()));
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(written)), Is.EqualTo(vector.Text("sha256")));
        }

        Assert.That(MsgpackReader.ReadSingle(written), Is.EqualTo(value));
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "msgpack_decode", "cases", "id" })]
    [Proves("R-MSG-0C")]
    public void Forms_that_Python_never_writes_are_read_all_the_same(JsonElement vector) =>
        Assert.That(MsgpackReader.ReadSingle(vector.Bytes("hex")), Is.EqualTo(WireVectors.Value(vector.GetProperty("value"))));

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "msgpack_reject", "cases", "id" })]
    [Proves("R-MSG-09", "R-MSG-0B", "R-MSG-0D")]
    public void Poison_is_refused_without_harm(JsonElement vector) =>
        Assert.That(() => MsgpackReader.ReadSingle(vector.Bytes("hex")), Throws.TypeOf<FormatException>());

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "msgpack_extension", "cases", "id" })]
    [Proves("R-MSG-0A")]
    public void Extension_values_are_refused_without_harm(JsonElement vector) =>
        Assert.That(() => MsgpackReader.ReadSingle(vector.Bytes("hex")), Throws.TypeOf<FormatException>());

    [Test]
    [Proves("R-MSG-0B")]
    public void More_than_512_levels_are_not_written()
    {
        var value = (MessageValue)Array.Empty<MessageValue>();
        for (var level = 1; level < 513; level++)
        {
            value = new[] { value };
        }

        Assert.That(() => Encode(value), Throws.ArgumentException.With.Message.Contains("512"));
    }

    [Test]
    [Proves("R-MSG-0B")]
    public void Nesting_of_1024_levels_is_read()
    {
        var bytes = Enumerable.Repeat((byte)0x91, 1023).Append((byte)0x90).ToArray();
        Assert.That(MsgpackReader.ReadSingle(bytes).Kind, Is.EqualTo(MessageValueKind.List));
    }

    [Test]
    [Proves("R-MSG-05")]
    public void Half_a_surrogate_pair_is_not_written() =>
        Assert.That(() => Encode("a\ud800"), Throws.ArgumentException.With.Message.Contains("surrogate"));

    [Test]
    [Proves("R-MSG-0D")]
    public void Nested_false_lengths_do_not_exhaust_memory()
    {
        // Every level announces as many items as bytes are left: with trust in the counts this would take gigabytes.
        var bytes = new byte[200_000];
        var position = 0;
        for (var level = 0; level < 1000; level++, position += 5)
        {
            bytes[position] = 0xdd;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(position + 1), bytes.Length - position - 5);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => MsgpackReader.ReadSingle(bytes), Throws.TypeOf<FormatException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000_000));
    }

    [Test]
    [Proves("R-MSG-0D")]
    public void Random_bytes_never_do_anything_but_decode_or_be_refused()
    {
        var random = new Random(4711);
        var bytes = new byte[64];
        var (decoded, refused) = (0, 0);
        for (var round = 0; round < 200_000; round++)
        {
            random.NextBytes(bytes);
            var length = random.Next(bytes.Length);
            try
            {
                MsgpackReader.ReadSingle(bytes.AsSpan(0, length));
                decoded++;
            }
            catch (FormatException)
            {
                refused++; // the only way to fail
            }
        }

        Assert.That(new[] { decoded, refused }, Is.All.GreaterThan(100), "both happen among random bytes");
    }

    private static byte[] Encode(MessageValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        MsgpackWriter.Write(buffer, value);
        return buffer.WrittenSpan.ToArray();
    }
}
