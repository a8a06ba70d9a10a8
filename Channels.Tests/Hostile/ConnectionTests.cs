using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>Many connections that say little, or nothing, or end badly.</summary>
[NonParallelizable]
[Category("Hostile")]
public sealed class ConnectionTests
{
    private const int Attackers = 8;

    [Test]
    [Proves("FG-6")]
    public Task Silent_connections_beyond_the_open_files() => HostileLoad.SurviveAsync(
        async assault =>
        {
            List<Attacker> attackers = [];
            var files = 0;

            // Beyond its limit the server accepts to cut at once, one after the other; at that of the files accepting would fail, again and
            // again, and so would loading a library. More of them come where so much time has passed meanwhile that the first are gone again.
            await assault.PrepareAsync(() => Eventually.Is(async () =>
            {
                files = Math.Max(files, assault.Server.OpenFiles);
                if (assault.Server.OpenFiles < HostileServer.FewFiles / 2)
                {
                    attackers.AddRange(await Assault.OpenAsync(712, () => assault.ConnectAsync()));
                }

                return attackers.Count > 0 && assault.Server.Output.Contains("the limit of open files has room for no more", StringComparison.Ordinal);
            }));
            Assert.That(Math.Max(files, assault.Server.OpenFiles), Is.LessThan(HostileServer.FewFiles - 50));
            await assault.OverAsync();
            return await AtTheEndAsync(assault, attackers, TimeSpan.FromSeconds(10), Attacker.Cut);
        },
        HostileServerKind.FewFiles);

    [Test]
    [Proves("FG-6")]
    public Task Silent_connections() => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(assault.Many(few: 500, many: 5000), () => assault.ConnectAsync());
        await assault.OverAsync();
        return await AtTheEndAsync(assault, attackers, TimeSpan.FromSeconds(10), Attacker.Cut);
    });

    [Test]
    public Task Handshakes_octet_by_octet() => DripAsync(RawWebSocketClient.Request(path: "/echo"), assault => assault.ConnectAsync(), TimeSpan.FromSeconds(12), "408");

    [Test]
    public Task Bodies_octet_by_octet() => DripAsync(
        new string('x', 100_000),
        async assault =>
        {
            var attacker = await assault.ConnectAsync();
            await attacker.SendAsync("POST /group/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"u8.ToArray());
            return attacker;
        },
        TimeSpan.FromSeconds(8),
        "408");

    [Test]
    public Task Frames_octet_by_octet() => DripAsync(Encoding.Latin1.GetString(RawFrame.Client(2, new byte[100_000])), assault => assault.OpenSocketAsync(), TimeSpan.FromSeconds(61), "1008");

    [Test]
    [Proves("SEC-12")]
    public Task Headers_without_end() => HostileLoad.SurviveAsync(async assault =>
    {
        var header = Encoding.ASCII.GetBytes($"X-More: {new string('x', 200)}\r\n");
        var fates = await assault.RepeatAsync(Attackers, async () =>
        {
            using var attacker = await assault.ConnectAsync();
            await attacker.SendAsync("GET /hello HTTP/1.1\r\nHost: localhost\r\n"u8.ToArray());
            var status = attacker.ReadStatusAsync(assault.Over);
            await Task.WhenAny(attacker.FloodAsync(header), status);
            return await status;
        });
        Assert.That(fates.Distinct(), Is.SubsetOf(new[] { "431", Attacker.Cut, Attacker.Open }));
        return fates;
    });

    [Test]
    [Proves("REL-34")]
    public Task Members_of_a_group_who_read_nothing() => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(assault.Many(few: 50, many: 200), () => assault.OpenSocketAsync("/group/deaf", receiveBuffer: 4096));
        using var publisher = new HttpClient { BaseAddress = assault.Server.Http1 };
        while (!assault.Over.IsCancellationRequested)
        {
            using var answer = await publisher.PostAsync(new Uri("/group/deaf", UriKind.Relative), new ByteArrayContent(new byte[16 * 1024]));
            answer.EnsureSuccessStatusCode();
        }

        return await Assault.FatesAsync(attackers, (attacker, until) => attacker.ReadCloseAsync(until));
    });

    [Test]
    public Task Sockets_that_are_reset_at_once() => HostileLoad.SurviveAsync(assault => assault.RepeatAsync(Attackers, async () =>
    {
        var attacker = await assault.OpenSocketAsync("/group/gone");
        attacker.Reset();
        return "reset by the client";
    }));

    [Test]
    public Task Sockets_that_come_and_go_in_every_way() => HostileLoad.SurviveAsync(async assault =>
    {
        var ways = new Func<Attacker, Task<string>>[]
        {
            attacker => SendAsync(attacker, RawFrame.ClientClose(1000)),
            attacker => SendAsync(attacker, RawFrame.ClientClose(4999, "enough")),
            attacker => SendAsync(attacker, RawFrame.ClientText("cut off")[..5]),
            attacker => SendAsync(attacker, [0xff, 0xff]),
            attacker => SendAsync(attacker, []),
            attacker => SendAsync(attacker, [.. RawFrame.ClientText("last words"), .. RawFrame.ClientClose(1001)]),
        };
        var visits = -1;
        return await assault.RepeatAsync(Attackers, async () =>
        {
            using var attacker = await assault.OpenSocketAsync("/group/passing");
            return await ways[Interlocked.Increment(ref visits) % ways.Length](attacker);
        });

        async Task<string> SendAsync(Attacker attacker, byte[] last)
        {
            await attacker.SendAsync(last);
            attacker.SayNoMore();
            return await attacker.ReadCloseAsync(assault.Over);
        }
    });

    private static Task DripAsync(string text, Func<Assault, Task<Attacker>> open, TimeSpan limit, string end) => HostileLoad.SurviveAsync(async assault =>
    {
        var attackers = await assault.GatherAsync(assault.Many(few: 100, many: 1000), () => open(assault));
        await Task.WhenAll(attackers.Select(attacker => assault.DripAsync(attacker, Encoding.Latin1.GetBytes(text))));
        return await AtTheEndAsync(assault, attackers, limit, end);
    });

    // All of them ended as they should, if the attack has lasted long enough for that.
    private static async Task<IReadOnlyList<string>> AtTheEndAsync(Assault assault, IReadOnlyList<Attacker> attackers, TimeSpan limit, string end)
    {
        var fates = await Assault.FatesAsync(attackers, (attacker, until) => end.StartsWith("10", StringComparison.Ordinal) ? attacker.ReadCloseAsync(until) : attacker.ReadStatusAsync(until));
        Assert.That(fates.Distinct(), Is.SubsetOf([end, Attacker.Cut, assault.Lasts(limit) ? end : Attacker.Open]));
        return fates;
    }
}
