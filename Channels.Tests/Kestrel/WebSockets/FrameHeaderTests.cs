using System.Buffers;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class FrameHeaderTests
{
    private static readonly int[] ReservedOpcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

    [TestCase(0, 6)]
    [TestCase(125, 6)]
    [TestCase(126, 8)]
    [TestCase(65_535, 8)]
    [TestCase(65_536, 14)]
    [Proves("W-14")]
    public void Reads_the_shortest_length_form(int length, int headerLength)
    {
        var read = FrameHeader.TryRead(RawFrame.Client(2, new byte[length]), false, out var header, out var fault);
        Assert.That((read, fault, header.PayloadLength, header.Length), Is.EqualTo((true, (WebSocketFault?)null, (long)length, headerLength)));
    }

    [TestCase(5, 2)]
    [TestCase(125, 2)]
    [TestCase(5, 8)]
    [TestCase(65_535, 8)]
    [Proves("W-14")]
    public void A_longer_length_form_than_needed_fails(int length, int form)
    {
        Assert.That(FrameHeader.TryRead(RawFrame.Client(2, new byte[length], lengthForm: form), false, out _, out var fault), Is.False);
        Assert.That(fault, Is.SameAs(WebSocketFault.WastefulLength));
    }

    [Test]
    [Proves("W-21")]
    public void The_top_bit_of_a_long_length_fails()
    {
        byte[] frame = [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1];
        Assert.That(FrameHeader.TryRead(frame, false, out _, out var fault), Is.False);
        Assert.That(fault, Is.SameAs(WebSocketFault.ImpossibleLength));
    }

    [Test]
    public void Every_fault_shows_at_the_first_octet_that_proves_it()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Fault(0xC1), Is.SameAs(WebSocketFault.ReservedBits));
            Assert.That(Fault(0xA1), Is.SameAs(WebSocketFault.ReservedBits));
            Assert.That(Fault(0x91), Is.SameAs(WebSocketFault.ReservedBits));
            Assert.That(Fault(0x09), Is.SameAs(WebSocketFault.FragmentedControlFrame));
            Assert.That(Fault(0x81, 0x05), Is.SameAs(WebSocketFault.Unmasked));
            Assert.That(Fault(0x89, 0xfe), Is.SameAs(WebSocketFault.LongControlFrame));
            Assert.That(Fault(0x82, 0xfe, 0, 125), Is.SameAs(WebSocketFault.WastefulLength));
            foreach (var opcode in ReservedOpcodes)
            {
                Assert.That(Fault((byte)(0x80 | opcode)), Is.SameAs(WebSocketFault.UnknownOpcode));
            }
        });

        static WebSocketFault? Fault(params byte[] start)
        {
            FrameHeader.TryRead(start, false, out _, out var fault);
            return fault;
        }
    }

    [Test]
    public void RSV1_is_legal_on_the_first_frame_of_a_message_when_compression_was_agreed()
    {
        foreach (var (first, legal) in new (byte, bool)[] { (0xC1, true), (0xC2, true), (0x41, true), (0xC0, false), (0xC8, false), (0xC9, false), (0xE1, false) })
        {
            FrameHeader.TryRead([first], true, out _, out var fault);
            Assert.That(fault is null, Is.EqualTo(legal), () => $"{first:x2}");
        }
    }

    [Test]
    public void A_header_split_over_segments_reads_the_same()
    {
        var frame = RawFrame.Client(2, new byte[70_000]);
        for (var cut = 1; cut < FrameHeader.MaxLength; cut++)
        {
            var input = Sequences.Of(frame[..cut], frame[cut..]);
            Assert.That(FrameHeader.TryRead(input, false, out var header, out _), Is.True);
            Assert.That(header.PayloadLength, Is.EqualTo(70_000));
            Assert.That(FrameHeader.TryRead(new ReadOnlySequence<byte>(frame, 0, cut), false, out _, out var fault), Is.False);
            Assert.That(fault, Is.Null);
        }
    }
}
