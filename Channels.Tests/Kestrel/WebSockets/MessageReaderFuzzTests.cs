using System.Buffers;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class MessageReaderFuzzTests
{
    [TestCase(false)]
    [TestCase(true)]
    [Proves("SEC-20")]
    public void Mutated_input_never_throws_and_never_lingers(bool compressed)
    {
        var random = new Random(20);
        for (var round = 0; round < 100_000; round++)
        {
            using var reader = new MessageReader(64 * 1024, 0, compressed ? new MessageInflater(random.Next(2) == 0) : null);
            var input = new ReadOnlySequence<byte>(Mutate(random, compressed));
            for (var steps = 0; ; steps++)
            {
                var outcome = reader.Read(ref input);
                if (outcome is ReadOutcome.NeedMore or ReadOutcome.Fault)
                {
                    break;
                }

                if (outcome == ReadOutcome.Message)
                {
                    Assert.That(reader.TakeMessage().Length, Is.LessThanOrEqualTo(64 * 1024));
                }

                Assert.That(steps, Is.LessThan(10_000));
            }
        }
    }

    [Test]
    [Proves("SEC-23")]
    public void Tiny_fragments_are_joined_by_linear_work()
    {
        // What would be quadratic is to move what has come for each new fragment: each move needs a new array.
        const int fragments = 1_000_000;
        Assert.That(Allocate(fragments), Is.LessThan(4 * fragments));

        static long Allocate(int fragments)
        {
            var reader = new MessageReader(0, 0);
            byte[] frame = [0x00, 0x81, 0, 0, 0, 0, 65];
            var input = new ReadOnlySequence<byte>([0x01, 0x81, 0, 0, 0, 0, 65]);
            reader.Read(ref input);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < fragments; i++)
            {
                input = new ReadOnlySequence<byte>(frame);
                reader.Read(ref input);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static byte[] Mutate(Random random, bool compressed)
    {
        var bytes = new List<byte>();
        for (var frames = random.Next(1, 5); frames > 0; frames--)
        {
            var payload = new byte[random.Next(4) == 0 ? random.Next(300) : random.Next(20)];
            random.NextBytes(payload);
            var opcode = random.Next(5) switch { 0 => random.Next(16), 1 => 0, 2 => 1, 3 => 2, _ => 8 + random.Next(3) };
            bytes.AddRange(RawFrame.Client(opcode, payload, random.Next(3) > 0, compressed && random.Next(2) == 0 ? 4 : 0, true, (uint)random.Next()));
        }

        for (var changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
        }

        return [.. bytes.Take(random.Next(1, bytes.Count + 1))];
    }
}
