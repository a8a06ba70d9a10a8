using System.Buffers;
using Channels.Layers.Redis;

namespace Channels.Fuzzing;

/// <summary>MessagePack as it lies in Redis, where anybody may have written it.</summary>
internal sealed class MsgpackTarget : FuzzTarget
{
    public override IEnumerable<byte[]> Seeds =>
    [
        Convert.FromHexString("82a474797065a9746573742e74797065a3626f64c403010203"),
        Convert.FromHexString("83a161cb400921fb54442d18a16293c0c2c3a163cfffffffffffffffff"),
        Convert.FromHexString("ddffffffff"),
        [.. Enumerable.Repeat((byte)0x91, 1023), 0x90],
    ];

    public override void Check(ReadOnlySpan<byte> input)
    {
        MessageValue value;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            value = MsgpackReader.ReadSingle(input);
        }
        catch (FormatException)
        {
            return;
        }
        finally
        {
            Holds(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000 + (500L * input.Length), "memory follows the input's length");
        }

        if (MessageDepth.Of(value) <= MsgpackWriter.MaxDepth)
        {
            var again = new ArrayBufferWriter<byte>();
            MsgpackWriter.Write(again, value);
            Holds(MsgpackReader.ReadSingle(again.WrittenSpan).Equals(value), "what was read can be written and read again");
        }
    }
}
