using System.Diagnostics;
using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>A master, a replica and a sentinel; the layer follows (F-07, R-HOST-03, R-HOST-04).</summary>
public sealed class SentinelTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    public async Task F_07_R_HOST_04_the_layer_follows_a_failover(string layout)
    {
        ExternalTools.Require("redis-sentinel");
        var (one, two) = (await StartServerAsync(), await StartServerAsync());
        await two.CommandAsync("REPLICAOF", "127.0.0.1", one.Port.ToString(CultureInfo.InvariantCulture));
        var sentinel = await StartSentinelAsync(one.Port);
        await Eventually.Is(async () => (await sentinel.CommandAsync("SENTINEL", "replicas", "themaster")).Contains($"127.0.0.1:{two.Port}", StringComparison.Ordinal));
        await Eventually.Is(async () => (await two.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));

        var layer = Make(layout, $"sentinel://{sentinel.Address}/themaster");
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        var start = Stopwatch.GetTimestamp();
        await one.KillAsync();
        await Eventually.Is(async () => (await two.CommandAsync("ROLE")).Contains("master", StringComparison.Ordinal));
        TestContext.Out.WriteLine($"promoted after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        await UntilHeardAsync(layer, member);
        TestContext.Out.WriteLine($"outage {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }

    [Test]
    public async Task R_HOST_03_an_unknown_master_is_named()
    {
        ExternalTools.Require("redis-sentinel");
        var one = await StartServerAsync();
        var sentinel = await StartSentinelAsync(one.Port);
        var layer = MakeCore($"sentinel://{sentinel.Address}/nobody");
        Assert.That(async () => await layer.SendAsync("work", Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>().With.Message.Contains("nobody"));
    }

    private async Task<RedisServer> StartSentinelAsync(int master)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"sentinel monitor themaster 127.0.0.1 {master} 1\nsentinel down-after-milliseconds themaster 500\nsentinel failover-timeout themaster 5000\n");
        var sentinel = RedisServer.Sentinel(file);
        Own(new Cleanup(async () =>
        {
            await sentinel.DisposeAsync();
            File.Delete(file);
        }));
        await sentinel.RestartAsync();
        return sentinel;
    }

    private sealed class Cleanup(Func<ValueTask> action) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => action();
    }
}
