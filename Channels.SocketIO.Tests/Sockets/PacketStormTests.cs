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
            var input = ChangedBytes.Of(seeds[random.Next(seeds.Length)], seeds, random);
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
}
