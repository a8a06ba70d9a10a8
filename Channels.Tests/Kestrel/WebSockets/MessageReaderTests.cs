using System.Buffers;
using System.Text;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class MessageReaderTests
{
    // A conversation with every legal kind of frame.
    private static readonly byte[] Greek = Encoding.UTF8.GetBytes("κόσ");

    private static byte[] Conversation() =>
    [
        .. RawFrame.ClientText("hello"),
        .. RawFrame.Client(2, new byte[300], mask: 0),
        .. RawFrame.Client(9, "ping"u8),
        .. RawFrame.Client(1, Greek.AsSpan(0, 3), final: false),
        .. RawFrame.Client(10, []),
        .. RawFrame.Client(0, [], final: false),
        .. RawFrame.Client(0, Greek.AsSpan(3)),
        .. RawFrame.Client(1, []),
        .. RawFrame.Client(2, [.. Enumerable.Range(0, 70_000).Select(i => (byte)i)]),
        .. RawFrame.ClientClose(1000, "bye"),
    ];

    private static readonly string[] Expected =
    [
        "Text 5 hello", "Binary 300", "ping ping", "pong", "Text 6 κόσ", "Text 0 ", "Binary 70000", "close bye",
    ];

    [Test]
    [Proves("W-15")]
    public void Every_single_split_gives_the_same_messages()
    {
        var bytes = Conversation();
        for (var cut = 0; cut < 1000; cut++)
        {
            Assert.That(Read([bytes[..cut], bytes[cut..]]), Is.EqualTo(Expected));
        }
    }

    [Test]
    [Proves("W-15")]
    public void Ten_thousand_random_splits_give_the_same_messages()
    {
        var bytes = Conversation();
        for (var seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            var parts = Sequences.Cut(bytes, random, random.Next(3) switch { 0 => 40_000, 1 => 5000, _ => 900 });
            Assert.That(Read(parts), Is.EqualTo(Expected), () => $"seed {seed}");
        }
    }

    [Test]
    [Proves("W-15")]
    public void Octet_by_octet_gives_the_same_messages() =>
        Assert.That(Read([.. Conversation().Select(octet => new[] { octet })]), Is.EqualTo(Expected));

    [Test]
    [Proves("W-46")]
    public void A_wrong_octet_fails_before_the_rest_of_its_frame_has_come()
    {
        var frame = RawFrame.Client(1, [.. Enumerable.Repeat((byte)'a', 100), 0xff, .. Enumerable.Repeat((byte)'b', 100)]);
        var reader = new MessageReader(0, 0);
        var input = new ReadOnlySequence<byte>(frame, 0, 108);
        Assert.That(reader.Read(ref input), Is.EqualTo(ReadOutcome.NeedMore));
        input = new ReadOnlySequence<byte>(frame, 108, 1);
        Assert.That(reader.Read(ref input), Is.EqualTo(ReadOutcome.Fault));
        Assert.That(reader.Fault, Is.SameAs(WebSocketFault.NotText));
    }

    [Test]
    [Proves("SEC-25", "W-21")]
    public void An_announced_length_reserves_no_memory()
    {
        var allocated = Allocations.Least(() =>
        {
            var reader = new MessageReader(0, 0);
            var input = new ReadOnlySequence<byte>([0x82, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5]);
            reader.Read(ref input);
        });
        Assert.That(allocated, Is.LessThan(16 * 1024));
    }

    [Test]
    [Proves("W-22")]
    public void Half_of_a_large_frame_takes_no_more_than_twice_what_has_come()
    {
        const int announced = 1 << 20;
        var frame = RawFrame.Client(2, new byte[announced]);
        var allocated = Allocations.Least(() =>
        {
            var reader = new MessageReader(0, 0);
            var input = new ReadOnlySequence<byte>(frame, 0, 20_000);
            reader.Read(ref input);
        });
        Assert.That(allocated, Is.LessThan((2 * 20_000) + (64 * 1024)));
    }

    [TestCase(1000, 1000, 0)]
    [TestCase(1001, 1000, 1009)]
    [Proves("SEC-21", "C-WS-11")]
    public void The_limit_passes_and_one_more_fails(int length, int limit, int code)
    {
        foreach (var (maxMessage, maxFrame) in ((long, long)[])[(limit, 0), (0, limit)])
        {
            var reader = new MessageReader(maxMessage, maxFrame);
            var input = new ReadOnlySequence<byte>(RawFrame.Client(2, new byte[length]));
            Assert.That(reader.Read(ref input), Is.EqualTo(code == 0 ? ReadOutcome.Message : ReadOutcome.Fault));
            Assert.That(reader.Fault?.Code ?? 0, Is.EqualTo(code));
        }
    }

    [Test]
    public void The_message_limit_counts_all_fragments()
    {
        var reader = new MessageReader(1000, 0);
        var input = new ReadOnlySequence<byte>([.. RawFrame.Client(2, new byte[600], final: false), .. RawFrame.Client(0, new byte[401])]);
        Assert.That(reader.Read(ref input), Is.EqualTo(ReadOutcome.Fragment));
        Assert.That(reader.Read(ref input), Is.EqualTo(ReadOutcome.Fault));
        Assert.That(reader.Fault!.Code, Is.EqualTo(1009));
    }

    [Test]
    [Proves("SEC-22", "W-41")]
    public void Tiny_fragments_cost_their_bytes()
    {
        const int count = 131_000;
        byte[] frame = [0x00, 0x81, 0, 0, 0, 0, 65];
        var reader = new MessageReader(0, 0);
        var input = new ReadOnlySequence<byte>([0x02, 0x81, 0, 0, 0, 0, 65]);
        reader.Read(ref input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < count; i++)
        {
            input = new ReadOnlySequence<byte>(frame);
            reader.Read(ref input);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan((4 * count) + (64 * 1024)));
        input = new ReadOnlySequence<byte>([0x80, 0x80, 0, 0, 0, 0]);
        Assert.That(reader.Read(ref input), Is.EqualTo(ReadOutcome.Message));
        Assert.That(reader.TakeMessage(), Has.Length.EqualTo(count));
    }

    [Test]
    public void A_message_that_is_there_in_one_piece_allocates_only_its_own_array()
    {
        var reader = new MessageReader(0, 0);
        var frame = RawFrame.ClientText(new string('x', 1000));
        var whole = new ReadOnlySequence<byte>(frame);
        var allocated = Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var input = whole;
                reader.Read(ref input);
                reader.TakeMessage();
            }
        });
        Assert.That(allocated, Is.EqualTo(1000 * 1024)); // 1000 octets and the array's header
    }

    private static List<string> Read(byte[][] parts)
    {
        var found = new List<string>();
        using var reader = new MessageReader(0, 0);
        byte[] left = [];
        foreach (var part in parts)
        {
            var input = left.Length == 0 ? new ReadOnlySequence<byte>(part) : Sequences.Of(left, part);
            while (true)
            {
                var outcome = reader.Read(ref input);
                if (outcome == ReadOutcome.NeedMore)
                {
                    break;
                }

                if (outcome == ReadOutcome.Fragment)
                {
                    continue;
                }

                found.Add(Describe(outcome, reader));
                if (outcome is ReadOutcome.Close or ReadOutcome.Fault)
                {
                    return found;
                }
            }

            left = input.ToArray();
        }

        return found;
    }

    private static string Describe(ReadOutcome outcome, MessageReader reader)
    {
        switch (outcome)
        {
            case ReadOutcome.Message:
                var message = reader.TakeMessage();
                return reader.Kind == WebSocketMessageKind.Text ? $"Text {message.Length} {Encoding.UTF8.GetString(message)}" : $"Binary {message.Length}";
            case ReadOutcome.Ping:
                return "ping " + Encoding.UTF8.GetString(reader.Control);
            case ReadOutcome.Pong:
                return "pong";
            case ReadOutcome.Close:
                return "close " + Encoding.UTF8.GetString(reader.Control[2..]);
            default:
                return $"fault {reader.Fault!.Code}";
        }
    }
}
