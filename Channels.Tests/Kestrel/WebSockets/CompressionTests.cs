using System.Text;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class CompressionTests
{
    private const long Limit = 1 << 20;

    [Test]
    [Proves("W-66")]
    public void Messages_come_back_as_they_were([Values] bool keepsWindow, [Values(0, 1, 16, 300, 8192, 131_072)] int length)
    {
        using var deflater = new MessageDeflater();
        using var inflater = new MessageInflater(keepsWindow);
        var random = new Random(length);
        for (var round = 0; round < 20; round++)
        {
            var message = new byte[length];
            random.NextBytes(message.AsSpan(0, length / 3)); // partly random, partly zeros
            if (!keepsWindow)
            {
                using var alone = new MessageDeflater();
                Octets.AreSame(Inflate(inflater, alone.Deflate(message).ToArray(), random), message);
                continue;
            }

            Octets.AreSame(Inflate(inflater, deflater.Deflate(message).ToArray(), random), message);
        }
    }

    [Test]
    [Proves("W-73")]
    public void An_empty_message_has_a_payload()
    {
        using var deflater = new MessageDeflater();
        Assert.That(deflater.Deflate([]).ToArray(), Is.EqualTo(new byte[] { 0 }));
    }

    [Test]
    [Proves("W-74")]
    public void A_message_with_BFINAL_is_accepted_and_the_next_one_works([Values] bool keepsWindow)
    {
        using var inflater = new MessageInflater(keepsWindow);
        for (var round = 0; round < 3; round++)
        {
            // The example of RFC 7692, section 7.2.3.4.
            Assert.That(Inflate(inflater, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
            Assert.That(Inflate(inflater, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
        }
    }

    [Test]
    public void The_examples_of_RFC_7692_inflate()
    {
        using var inflater = new MessageInflater(true);
        Assert.Multiple(() =>
        {
            Assert.That(Inflate(inflater, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
            Assert.That(Inflate(inflater, [0xf2, 0x00, 0x11, 0x00, 0x00]), Is.EqualTo("Hello"u8.ToArray())); // refers to the first
            Assert.That(Inflate(inflater, [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
            Assert.That(Inflate(inflater, [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
        });
    }

    [TestCase("07")]
    [TestCase("ffffffff")]
    [TestCase("f248cd")]
    [TestCase("000a00f5ff01020304")]
    [TestCase("f2001100000000")]
    [Proves("W-75")]
    public void Garbage_and_truncation_fail_with_1007(string hex)
    {
        using var inflater = new MessageInflater(false);
        var target = new MessageBuffer();
        var fault = inflater.Inflate(Convert.FromHexString(hex), target, Limit) ?? inflater.EndMessage(target, Limit);
        Assert.That(fault?.Code, Is.EqualTo(1007));
    }

    [Test]
    [Proves("W-76", "SEC-24")]
    public void A_bomb_stops_one_byte_behind_the_limit()
    {
        using var deflater = new MessageDeflater();
        var bomb = deflater.Deflate(new byte[8 << 20]).ToArray();
        using var inflater = new MessageInflater(false);
        var target = new MessageBuffer();
        WebSocketFault? fault = null;
        for (var i = 0; i < bomb.Length && fault is null; i += 1000)
        {
            fault = inflater.Inflate(bomb.AsSpan(i, Math.Min(1000, bomb.Length - i)), target, Limit);
        }

        Assert.That((fault?.Code, target.Length), Is.EqualTo((1009, (int)Limit + 1)));
    }

    [Test]
    [Proves("W-76")]
    public void The_limit_itself_passes()
    {
        using var deflater = new MessageDeflater();
        using var inflater = new MessageInflater(false);
        Assert.That(Inflate(inflater, deflater.Deflate(new byte[Limit]).ToArray()), Has.Length.EqualTo(Limit));
    }

    [Test]
    [Proves("W-81")]
    public void Short_messages_and_secrets_are_not_compressed()
    {
        var plain = new PlainFrameEncoder();
        var encoder = new SharedDeflateEncoder(plain, 100);
        var compressible = Encoding.UTF8.GetBytes(new string('a', 500));
        var secret = WebSocketSend.FromUtf8(compressible) with { DisableCompression = true };
        var brief = WebSocketSend.FromUtf8(compressible.AsMemory(0, 99));
        var open = WebSocketSend.FromUtf8(compressible);
        var first = open.GetFrame(encoder);
        Assert.Multiple(() =>
        {
            Assert.That(secret.GetFrame(encoder), Is.SameAs(secret.GetFrame(plain)));
            Assert.That(brief.GetFrame(encoder), Is.SameAs(brief.GetFrame(plain)));
            Assert.That(open.GetFrame(encoder)[0], Is.EqualTo(0xC1));
            Assert.That(open.GetFrame(encoder), Is.SameAs(first));
            Assert.That(open.GetFrame(encoder).Length, Is.LessThan(50));
        });
    }

    [Test]
    public void A_copy_of_a_message_does_not_inherit_its_frames()
    {
        var encoder = new SharedDeflateEncoder(new PlainFrameEncoder(), 0);
        var first = WebSocketSend.FromText(new string('a', 500));
        var frame = first.GetFrame(encoder);
        var secret = first with { DisableCompression = true };
        var other = first with { Payload = new byte[500] };
        Assert.Multiple(() =>
        {
            Assert.That(secret.GetFrame(encoder)[0], Is.EqualTo(0x81));
            Assert.That(other.GetFrame(encoder), Is.Not.EqualTo(frame));
            Assert.That(first.GetFrame(encoder), Is.SameAs(frame));
        });
    }

    private static byte[] Inflate(MessageInflater inflater, byte[] compressed, Random? random = null)
    {
        var target = new MessageBuffer();
        foreach (var part in Sequences.Cut(compressed, random ?? new Random(1), 1024))
        {
            Assert.That(inflater.Inflate(part, target, Limit), Is.Null);
        }

        Assert.That(inflater.EndMessage(target, Limit), Is.Null);
        return target.Detach();
    }
}
