using System.Text;
using Channels.SocketIO;
using Channels.Tests.Sockets;
using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>Bodies of polls, as bytes.</summary>
public sealed class PayloadTests
{
    private static readonly string[] Seeds = ["4hello", "4one\u001e4two", "2probe", "3", "1", "bAQIDBA==", "b", "4", "4\u00e9\u4e16\ud83d\ude42\u001ebAQ==\u001e6", "0{\"sid\":\"x\"}"];

    [Test]
    [Proves("SEC-60")]
    public void A_hundred_thousand_mutated_bodies_are_read_or_refused_and_what_is_read_is_written_alike()
    {
        byte[][] seeds = [.. Seeds.Select(Encoding.UTF8.GetBytes)];
        byte[][] parts = [.. seeds, .. Enumerable.Repeat("\u001e"u8.ToArray(), seeds.Length)];
        var random = new Random(20260101);
        var (read, refused) = (0, 0);
        for (var i = 0; i < 100_000; i++)
        {
            var body = ChangedBytes.Of(seeds[random.Next(seeds.Length)], parts, random);
            if (ReadAll(body) is not { } packets)
            {
                refused++;
                continue;
            }

            read++;
            if (packets.TrueForAll(packet => packet.Type == EnginePacketType.Message))
            {
                var written = PollingPayload.Join([.. packets.Select(packet => packet.IsText ? EngineIOSend.FromUtf8(packet.Data.Span) : EngineIOSend.FromBinary(packet.Data))]);
                Assert.That(Describe(ReadAll(written)!), Is.EqualTo(Describe(packets)), Convert.ToHexString(body)); // it was written by us
            }
        }

        Assert.That(read, Is.InRange(10_000, 90_000), $"of the others {refused} were refused");
    }

    [TestCase("bAQIDBA==", "01020304")]
    [TestCase("b", "")]
    [TestCase("bAQI=", "0102")]
    [TestCase("bAQID", "010203")]
    public void Base64_gives_the_bytes_it_stands_for(string text, string hex) =>
        Assert.That(ReadAll(Encoding.UTF8.GetBytes(text)) is [{ IsText: false } packet] ? Convert.ToHexString(packet.Data.Span) : null, Is.EqualTo(hex));

    private static List<EnginePacket>? ReadAll(byte[] body)
    {
        if (!PollingPayload.IsText(body))
        {
            return null;
        }

        var packets = new List<EnginePacket>();
        ReadOnlyMemory<byte>? rest = body;
        while (rest is not null)
        {
            if (!PollingPayload.TryTake(ref rest, out var packet))
            {
                return null;
            }

            packets.Add(packet);
        }

        return packets;
    }

    private static string Describe(List<EnginePacket> packets) => string.Join(' ', packets.Select(packet => $"{packet.Type} {packet.IsText} {Convert.ToHexString(packet.Data.Span)}"));
}
