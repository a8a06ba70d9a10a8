using System.Diagnostics;
using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using StackExchange.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>A master, a replica and a sentinel; the layer follows (F-07, F-08, R-HOST-03, R-HOST-04).</summary>
public sealed class SentinelTests : RedisTestBase
{
    // How many milliseconds a sentinel waits for a silent master. Soon only where a failover is wanted: a machine may be as busy as that at any time.
    private const string Soon = "500";
    private const string Never = "600000";

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-07", "R-HOST-04")]
    public async Task The_layer_follows_a_failover(string layout)
    {
        var (one, two, sentinel) = await StartFleetAsync();
        var layer = Make(layout, $"sentinel://{sentinel.Address}/themaster");
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await NoticeAsync(sentinel, Soon);
        var start = Stopwatch.GetTimestamp();
        await one.KillAsync();
        await Eventually.Is(async () => (await two.CommandAsync("ROLE")).Contains("master", StringComparison.Ordinal));
        TestContext.Out.WriteLine($"promoted after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        await UntilHeardAsync(layer, member);
        TestContext.Out.WriteLine($"outage {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-08")]
    public async Task A_master_that_wakes_up_after_its_replacement_doubles_nothing(string layout)
    {
        var (one, two, sentinel) = await StartFleetAsync();
        void Notice(RedisLayerOptions options) => (options.Capacity, options.PingInterval, options.CommandTimeout, options.ConnectTimeout) = (100_000, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)); // that one is frozen shows only by time
        var (layer, peer) = (Make(layout, $"sentinel://{sentinel.Address}/themaster", Notice), Make(layout, $"sentinel://{sentinel.Address}/themaster", Notice));
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(peer, member);
        using var over = new CancellationTokenSource();
        var failed = 0;
        var load = Task.Run(async () =>
        {
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                try
                {
                    await peer.GroupSendAsync("room", Numbered(-i)); // however many there are, none is taken for a probe
                }
                catch (ChannelLayerUnavailableException)
                {
                    Interlocked.Increment(ref failed);
                    await Pace.TryAgainAsync();
                }
            }
        });
        var seen = new HashSet<long>();
        await UntilCountAsync(member, seen, 20);
        await one.FreezeAsync();
        await NoticeAsync(sentinel, Soon);
        await Eventually.Is(async () => (await two.CommandAsync("ROLE")).Contains("master", StringComparison.Ordinal));
        await Eventually.Is(async () => (await sentinel.CommandAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "themaster")).Contains($"\n{two.Port}\n", StringComparison.Ordinal));
        await NoticeAsync(sentinel, Never); // and there is no way back
        await Eventually.Is(() => Volatile.Read(ref failed) > 0);
        await UntilCountAsync(member, seen, seen.Count + 20); // some of it may have been sent before
        await one.ThawAsync(); // what reached it before and while it was frozen is carried out now, for nobody
        await UntilCountAsync(member, seen, seen.Count + 200);
        await one.CommandAsync("REPLICAOF", "127.0.0.1", two.Port.ToString(CultureInfo.InvariantCulture)); // as the sentinel does after some time
        await Eventually.Is(async () => (await one.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        await UntilCountAsync(member, seen, seen.Count + 200);
        await over.CancelAsync();
        await load;
        await UntilHeardAsync(peer, member);
        TestContext.Out.WriteLine($"{failed} sends failed");
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-08", "R-HOST-04")]
    public async Task A_former_master_that_still_answers_is_left_when_the_sentinels_name_another(string layout)
    {
        var (one, two, sentinel) = await StartFleetAsync();
        var layer = Make(layout, $"sentinel://{sentinel.Address}/themaster", options => options.PingInterval = TimeSpan.FromSeconds(1)); // as often the sentinels are asked
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await NameMasterAsync(sentinel, two);
        Assert.That(await one.CommandAsync("ROLE"), Does.Contain("master"), "both accept writes");
        await UntilHeardAsync(Make(layout, two.Address), member);
    }

    [Test]
    [Proves("F-08")]
    public async Task A_former_master_that_answers_READONLY_is_left_for_the_one_the_sentinels_name()
    {
        var (one, two, sentinel) = await StartFleetAsync();
        static void AskSeldom(RedisLayerOptions options) => options.PingInterval = TimeSpan.FromMinutes(5);
        var (layer, sender) = (MakeCore($"sentinel://{sentinel.Address}/themaster", AskSeldom), MakeCore($"sentinel://{sentinel.Address}/themaster", AskSeldom));
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(sender, member);
        await Eventually.Is(async () => (await one.CommandAsync("KEYS", "asgi:process:*")).StartsWith("*2\n", StringComparison.Ordinal)); // what each writes by itself is written
        await NameMasterAsync(sentinel, two);
        await one.CommandAsync("REPLICAOF", "127.0.0.1", two.Port.ToString(CultureInfo.InvariantCulture));

        // One that pops hears of it at once, and may be gone before it is asked to send; who only sends does not.
        Assert.That(async () => await sender.SendAsync(member.Name, Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>());
        await UntilHeardAsync(sender, member);
        await UntilHeardAsync(layer, member);
        await UntilHeardAsync(MakeCore(two.Address), member);
    }

    [Test]
    public async Task A_client_of_the_applications_own_finds_the_master_too()
    {
        var (one, _, sentinel) = await StartFleetAsync();
        await one.CommandAsync("ACL", "SETUSER", "app", "on", ">secret", "allkeys", "allchannels", "allcommands"); // whom sentinels do not know
        var options = new RedisLayerOptions { Hosts = { $"sentinel://{sentinel.Address}/themaster?username=app&password=secret" } };
        var client = options.ToClientOptions();
        client.ConnectTimeout = client.AsyncTimeout = (int)Eventually.Patience.TotalMilliseconds; // where the master is, and not how soon it answers
        await using var own = await ConnectionMultiplexer.ConnectAsync(client);
        Assert.That(await own.GetDatabase().StringIncrementAsync("own"), Is.EqualTo(1));
        Assert.That(await one.CommandAsync("GET", "own"), Does.Contain("1"));
    }

    [Test]
    [Proves("R-HOST-03")]
    public async Task An_unknown_master_is_named()
    {
        ExternalTools.Require("redis-sentinel");
        var one = await StartServerAsync();
        var sentinel = await StartSentinelAsync(one.Port);
        var layer = MakeCore($"sentinel://{sentinel.Address}/nobody");
        Assert.That(async () => await layer.SendAsync("work", Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>().With.Message.Contains("nobody"));
    }

    private static async Task UntilCountAsync(ChannelInbox inbox, HashSet<long> seen, int count)
    {
        while (seen.Count < count)
        {
            var number = await NextNumberAsync(inbox);
            Assert.That(seen.Add(number), $"{number} came twice");
        }
    }

    private static Task NoticeAsync(RedisServer sentinel, string milliseconds) => sentinel.CommandAsync("SENTINEL", "SET", "themaster", "down-after-milliseconds", milliseconds);

    /// <summary>A failover of which the former master knows nothing.</summary>
    private static async Task NameMasterAsync(RedisServer sentinel, RedisServer master)
    {
        await master.CommandAsync("REPLICAOF", "NO", "ONE");
        await sentinel.CommandAsync("SENTINEL", "REMOVE", "themaster");
        await sentinel.CommandAsync("SENTINEL", "MONITOR", "themaster", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture), "1");
    }

    private async Task<(RedisServer Master, RedisServer Replica, RedisServer Sentinel)> StartFleetAsync()
    {
        ExternalTools.Require("redis-sentinel");
        var (one, two) = (await StartServerAsync(["--repl-diskless-sync-delay", "0"]), await StartServerAsync(["--repl-diskless-sync-delay", "0"]));
        await two.CommandAsync("REPLICAOF", "127.0.0.1", one.Port.ToString(CultureInfo.InvariantCulture));
        await Eventually.Is(async () => (await two.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        var sentinel = await StartSentinelAsync(one.Port); // learns of the replica when it first asks the master
        await Eventually.Is(async () => (await sentinel.CommandAsync("SENTINEL", "replicas", "themaster")).Contains($"127.0.0.1:{two.Port}", StringComparison.Ordinal));
        return (one, two, sentinel);
    }

    private async Task<RedisServer> StartSentinelAsync(int master)
    {
        var folder = new TestFolder();
        var file = folder.PathOf("sentinel.conf");
        await File.WriteAllTextAsync(file, $"sentinel monitor themaster 127.0.0.1 {master} 1\nsentinel down-after-milliseconds themaster {Never}\nsentinel failover-timeout themaster 5000\n");
        var sentinel = RedisServer.Sentinel(file);
        Own(new Cleanup(async () =>
        {
            await sentinel.DisposeAsync();
            folder.Dispose();
        }));
        await sentinel.RestartAsync();
        return sentinel;
    }

    private sealed class Cleanup(Func<ValueTask> action) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => action();
    }
}
