using System.Net;
using System.Text;
using Channels.Benchmarks;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Benchmarks;

/// <summary>Tiny loads against the limit in this process: every kind of workload connects, counts and finds nothing amiss.</summary>
[Platform("Linux")]
public sealed class LoadSmokeTests
{
    private static readonly Timing Short = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(300), TimeSpan.Zero, 1);

    [Test]
    public async Task Echo_large_fan_out_and_groups_deliver_everything_in_order()
    {
        await using var server = await RawServer.StartAsync(0);
        GroupWorkload[] workloads =
        [
            new("echo", "echo") { Groups = 4, Members = 1, PayloadBytes = 64 },
            new("large", "large") { Groups = 2, Members = 1, PayloadBytes = 100 * 1024 },
            new("window", "window") { Groups = 3, Members = 5, PayloadBytes = 128, Window = 8 },
            new("singly", "singly") { Groups = 2, Members = 5, PayloadBytes = 128, Window = 8, Refill = Refill.OneByOne },
            new("together", "together") { Groups = 2, Members = 5, PayloadBytes = 128, Window = 8, Refill = Refill.Together },
            new("publishers", "publishers") { Groups = 2, Members = 5, PayloadBytes = 128, Publishers = 4, Window = 2 },
            new("rate", "rate") { Groups = 1, Members = 5, PayloadBytes = 128, Window = 8, Refill = Refill.AtRate },
        ];
        foreach (var workload in workloads)
        {
            var result = workload.Run(Against(server, workload.Members == 1 ? "/echo" : "/group/{group}"));
            Assert.That(result, Has.Property("IsClean").True.And.Property("Count").Positive, workload.Name);
            Assert.That(result.P50, Is.Positive.And.LessThanOrEqualTo(result.P999!.Value), workload.Name);
        }
    }

    [Test]
    public async Task A_member_of_the_limit_s_groups_that_is_reset_takes_no_publisher_with_it()
    {
        await using var server = await RawServer.StartAsync(0);
        for (var round = 0; round < 20; round++)
        {
            using var gone = await JoinAsync(server);
            gone.Reset();
            using var stays = await JoinAsync(server);
            await stays.SendTextAsync("news");
            Assert.That((await stays.ReadFrameAsync()).Text, Is.EqualTo("news"));
        }
    }

    [Test]
    public async Task Connections_open_and_close_without_a_break()
    {
        await using var server = await RawServer.StartAsync(0);

        var result = new ConnectWorkload("connect", "connect", 4).Run(Against(server, "/echo"));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").Positive);
    }

    [Test]
    public async Task What_idle_connections_cost_is_measured_and_they_stay_open()
    {
        await using var server = await RawServer.StartAsync(0);

        var result = new IdleCpuWorkload("idle-cpu", "idle-cpu", 20).Run(Against(server, "/group/{group}"));

        Assert.That(result, Has.Property("IsClean").True.And.Property("IdleMicroseconds").GreaterThanOrEqualTo(0));
    }

    [Test]
    public async Task Requests_are_counted()
    {
        await using var server = await RawServer.StartAsync(0);

        var result = new HttpWorkload("hello", "hello", 4).Run(Against(server, "/hello"));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").Positive);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Both_ways_of_hosting_a_site_are_measured(bool mounted)
    {
        var port = FreePort.Next();
        await using var server = mounted ? await SiteServer.StartMountedAsync(port) : await SiteServer.StartBesideAsync(port);
        ServerProcess[] servers = [new(new IPEndPoint(IPAddress.Loopback, port), Environment.ProcessId)];

        var page = new HttpWorkload("hello", "hello", 4).Run(new("site", Dialect.Plain("/hello"), servers, 1, Short) { RunId = "t" });
        var echo = new GroupWorkload("echo", "echo") { Groups = 4, Members = 1, PayloadBytes = 64 }.Run(new("site", Dialect.Plain("/echo"), servers, 1, Short) { RunId = "t" });

        Assert.That(page, Has.Property("IsClean").True.And.Property("Count").Positive);
        Assert.That(echo, Has.Property("IsClean").True.And.Property("Count").Positive);
    }

    [Test]
    public async Task A_refused_handshake_is_a_failed_cell_with_the_answer()
    {
        await using var server = await MinimalApiServer.StartAsync(0) as Microsoft.AspNetCore.Builder.WebApplication;
        var target = IPEndPoint.Parse(new Uri(server!.Urls.Single()).Authority);

        var cell = new Cell("refuses", Dialect.Plain("/nowhere"), [new ServerProcess(target, Environment.ProcessId)], 1, Short) { RunId = "r" };

        Assert.That(() => new ConnectWorkload("connect", "connect", 1).Run(cell),
            Throws.TypeOf<CellFailedException>().With.Message.Contain("404"));
    }

    private static async Task<RawWebSocketClient> JoinAsync(RawServer server)
    {
        var client = await RawWebSocketClient.ConnectAsync(AddressOf(server).EndPoint.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request(path: "/group/room")));
        await client.ReadHeadAsync();
        return client;
    }

    private static Cell Against(RawServer server, string path) =>
        new("limit", Dialect.Plain(path), [AddressOf(server)], 1, Short) { RunId = "t" };

    private static ServerProcess AddressOf(RawServer server) => new(IPEndPoint.Parse(new Uri(server.Address).Authority), Environment.ProcessId);
}
