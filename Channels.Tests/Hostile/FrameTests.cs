using System.IO.Compression;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Frames and compressed data that are damaged, or made to be large.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class FrameTests
{
    private const int Attackers = 16;
    private static readonly string[] Faults = ["1000", "1002", "1005", "1007", "1008", "1009"]; // what a peer's own frames can earn
    private const string Offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    private static readonly byte[] Zip = Deflated(new byte[64 * 1024 * 1024]);
    private static readonly byte[] Text = Deflated([.. Enumerable.Range(0, 5000).Select(i => (byte)(' ' + i * i % 90))]);

    [Test]
    public Task Frames_of_random_octets() => SendAsync("", HostileServerKind.Defaults, Faults, random =>
    {
        var bytes = new byte[random.Next(1, 3000)];
        random.NextBytes(bytes);
        return bytes;
    });

    [Test]
    public Task Frames_with_a_few_bits_turned() => SendAsync("", HostileServerKind.Defaults, Faults, random =>
        Damage(random, [.. Enumerable.Range(0, 20).SelectMany(i => RawFrame.Client(random.Next(11), new byte[random.Next(200)], random.Next(2) == 0))]));

    [Test]
    [Proves("SEC-24")]
    public Task Compressed_data_with_a_few_bits_turned() => SendAsync(Offer, HostileServerKind.Compression, Faults, random =>
        RawFrame.Client(2, Damage(random, [.. Text]), reserved: 4));

    [Test]
    [Proves("SEC-24")]
    public Task Compressed_messages_that_inflate_beyond_the_limit() => SendAsync(Offer, HostileServerKind.Compression, ["1009"], _ => RawFrame.Client(2, Zip, reserved: 4));

    private static Task SendAsync(string headers, HostileServerKind kind, string[] ends, Func<Random, byte[]> attack) => HostileLoad.SurviveAsync(
        async assault =>
        {
            var seed = 0;
            var fates = await assault.RepeatAsync(Attackers, async () =>
            {
                using var attacker = await assault.OpenSocketAsync(headers: headers);
                await attacker.SendAsync(attack(new Random(Interlocked.Increment(ref seed))));
                using var soon = assault.Soon();
                return await attacker.ReadCloseAsync(soon.Token); // what is no whole frame yet is waited for
            }, atLeast: Attackers);
            Assert.That(fates.Distinct().Where(fate => headers.Length > 0 || !IsOwn(fate)), Is.SubsetOf([.. ends, Attacker.Cut, Attacker.Open]));
            return fates;
        },
        kind);

    // Damage to frames, and not within one that is compressed, may make a close of an application's own code, which is answered in kind.
    private static bool IsOwn(string fate) => int.TryParse(fate, out var code) && code is >= 3000 and <= 4999;

    private static byte[] Damage(Random random, byte[] bytes)
    {
        for (var i = 0; i < 3; i++)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(bytes);
            deflate.Flush();
        }

        return compressed.ToArray()[..^6]; // without the end of the block and of the stream
    }
}
