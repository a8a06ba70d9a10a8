using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of presence on a cluster of three nodes, each process with another one in its configuration.</summary>
[TestFixture(false)]
[TestFixture(true)]
[NonParallelizable] // its tests share the cluster, and the names in it; both fixtures the list of nodes
public sealed class ClusterPresenceSpecification(bool sharded) : GroupPresenceSpecification
{
    private static readonly List<RedisServer> Nodes = []; // one cluster for all tests of a fixture: it takes its time to start
    private int _processes;

    [OneTimeSetUp]
    public static Task StartClusterAsync() => RedisCluster.StartAsync(async arguments =>
    {
        Nodes.Add(await RedisServer.StartAsync(arguments));
        return Nodes[^1];
    });

    [OneTimeTearDown]
    public static async Task StopClusterAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        Nodes.Clear();
    }

    [SetUp]
    public async Task BeginAnewAsync()
    {
        foreach (var node in Nodes)
        {
            await node.CommandAsync("FLUSHALL");
        }
    }

    protected override ValueTask AddLayerAsync(ChannelsBuilder builder)
    {
        builder.AddRedisPubSubLayer(configure: options =>
        {
            options.Hosts.Add(Nodes[_processes++ % Nodes.Count].Address);
            options.ShardedPubSub = sharded;
            RedisOptions.BePatient(options);
        });
        return ValueTask.CompletedTask;
    }

    [Test]
    public async Task Whatever_is_asked_first_finds_the_node_that_has_it()
    {
        for (var node = 0; node < 3; node++)
        {
            var presence = PresenceOf(await StartProcessAsync());
            await presence.TrackAsync($"room.{node}", "specific.a", "a");
            var (writes, reads) = (await StartProcessAsync(), await StartProcessAsync());
            await writes.GetRequiredService<IGroupHistory>().AppendAsync($"log.{node}", new ChannelMessage("test.message"));
            Assert.That((await reads.GetRequiredService<IGroupHistory>().ReadAsync($"log.{node}", HistoryPosition.Oldest)).Messages, Has.Count.EqualTo(1));
            Assert.That((await presence.ListAsync($"room.{node}")).Entries, Has.Count.EqualTo(1));
        }
    }
}
