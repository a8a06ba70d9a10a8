using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Frames as fast as they go, from a few sockets.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class FloodTests
{
    private const int Sockets = 4;

    [Test]
    [Proves("FG-10", "SEC-26")]
    public Task Pings() => FloodAsync([], RawFrame.Client(9, "ping"u8));

    [Test]
    [Proves("FG-10", "SEC-26")]
    public Task Fragments_of_one_octet() => FloodAsync(RawFrame.Client(1, "x"u8, final: false), RawFrame.Client(0, "x"u8, final: false));

    [Test]
    [Proves("FG-10", "SEC-26")]
    public Task Empty_fragments() => FloodAsync(RawFrame.Client(1, [], final: false), RawFrame.Client(0, [], final: false));

    [Test]
    [Proves("FG-10", "SEC-26")]
    public Task Small_messages() => FloodAsync([], RawFrame.Client(1, "x"u8));

    private static Task FloodAsync(byte[] first, byte[] frame) => HostileLoad.SurviveAsync(async assault =>
    {
        byte[] flood = [.. Enumerable.Repeat(frame, 10_000).SelectMany(bytes => bytes)];
        var fates = await assault.RepeatAsync(Sockets, async () =>
        {
            using var attacker = await assault.OpenSocketAsync();
            var end = attacker.ReadCloseAsync(assault.Over);
            await attacker.SendAsync(first);
            await Task.WhenAny(attacker.FloodAsync(flood), end);
            return await end;
        });
        Assert.That(fates.Distinct(), Is.SubsetOf(new[] { "1008", "1009", Attacker.Cut, Attacker.Open }));
        return fates;
    });
}
