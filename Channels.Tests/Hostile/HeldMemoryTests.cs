using System.IO.Compression;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Peers who make the server hold as much as they can, each within its own limits.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class HeldMemoryTests
{
    private const string Shortage = "MaxHeldBytes; "; // in the warning that tells of it

    private static readonly byte[] Body = new byte[1_000_000];
    private static readonly byte[] Beginning = RawFrame.Client(2, Body, final: false);
    private static readonly byte[] Message = RawFrame.Client(2, new byte[16 * 1024]);
    private static readonly byte[] Bomb = RawFrame.Client(2, Deflated(), final: false, reserved: 4);

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Request_bodies_that_never_end() => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(400, () => assault.ConnectAsync(), async attacker =>
        {
            await attacker.SendAsync("POST /group/held HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n"u8.ToArray());
            await attacker.SendAsync(Body);
        });
        return await EndedAsync(assault, attackers, "503", (attacker, until) => attacker.ReadStatusAsync(until));
    });

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Messages_that_never_end() => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(239, () => assault.OpenSocketAsync(), attacker => attacker.SendAsync(Beginning));
        return await EndedAsync(assault, attackers, "1013", (attacker, until) => attacker.ReadCloseAsync(until));
    });

    [Test]
    [Proves("FG-1", "F-25")]
    public Task Echoes_that_nobody_reads() => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(150, () => assault.OpenSocketAsync());
        await Task.WhenAll(attackers.Select(attacker => attacker.FloodAsync(Message)));
        Assert.That(!assault.Lasts(TimeSpan.FromSeconds(5)) || assault.Server.Output.Contains(Shortage, StringComparison.Ordinal), "told");
        return await Assault.FatesAsync(attackers, (attacker, until) => attacker.ReadCloseAsync(until));
    });

    [Test]
    [Proves("FG-2", "F-25")]
    public Task Messages_that_inflate_and_never_end() => HostileLoad.SurviveAsync(
        async assault =>
        {
            var attackers = await assault.GatherAsync(287, () => assault.OpenSocketAsync(headers: "Sec-WebSocket-Extensions: permessage-deflate\r\n"), attacker => attacker.SendAsync(Bomb));
            return await EndedAsync(assault, attackers, "1013", (attacker, until) => attacker.ReadCloseAsync(until));
        },
        HostileServerKind.Compression);

    private static async Task<IReadOnlyList<string>> EndedAsync(Assault assault, IReadOnlyList<Attacker> attackers, string end, Func<Attacker, CancellationToken, Task<string>> look)
    {
        await assault.OverAsync();
        var many = attackers.Count / 4 + 1;
        var fates = await Assault.FatesAsync(attackers, look, end, many);
        Assert.That(fates.Count(fate => fate == end), Is.GreaterThanOrEqualTo(many), () => HostileFigures.Ends(fates));
        await Eventually.Is(() => assault.Server.Output.Contains(Shortage, StringComparison.Ordinal));
        return fates;
    }

    private static byte[] Deflated()
    {
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(new byte[1024 * 1024 - 1]);
            deflate.Flush();
        }

        return compressed.ToArray()[..^2]; // the end of the stream is the frame that never comes
    }
}
