using Channels.Fuzzing;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>What the fuzzer looks for by the hour, for a few seconds in every run.</summary>
internal sealed class PacketStormTests
{
    [TestCase("engineio-payloads")]
    [TestCase("socketio-packets")]
    [Proves("SEC-60", "SEC-62", "SEC-63")]
    public void A_hundred_thousand_changed_messages_are_read_or_refused(string name)
    {
        var target = FuzzTarget.All[name]();
        byte[][] seeds = [.. target.Seeds];
        var random = new Random(20260101);
        for (var i = 0; i < 100_000; i++)
        {
            var input = Change(seeds[random.Next(seeds.Length)], seeds, random);
            try
            {
                target.Check(input);
            }
#pragma warning disable CA1031 // any exception is a finding
            catch (Exception error)
#pragma warning restore CA1031
            {
                Assert.Fail($"{Convert.ToHexString(input)}: {error}");
            }
        }
    }

    private static byte[] Change(byte[] seed, byte[][] seeds, Random random)
    {
        var bytes = seed.ToList();
        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, seeds[random.Next(seeds.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
