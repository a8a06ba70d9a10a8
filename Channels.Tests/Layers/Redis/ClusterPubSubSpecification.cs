using Channels.Layers.Redis;
using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of layers on Python's pub/sub layout, with two processes on two nodes of a cluster.</summary>
[LayerFixture(LayerCapabilities.Ends)]
[Parallelizable(ParallelScope.Self)] // its tests share the cluster, and the names in it
public sealed class ClusterPubSubSpecification : ChannelLayerSpecification
{
    private static readonly List<RedisServer> Nodes = []; // one cluster for all tests: it takes its time to start

    protected override int Volume => 2_000;

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
    }

    protected override ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup) => new(MakeLayer(setup, Nodes[0]));

    protected override ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => new(MakeLayer(setup, Nodes[1]));

    private static RedisPubSubLayer MakeLayer(LayerSetup setup, RedisServer node)
    {
        var options = RedisOptions.For(node, setup);
        options.Prefix = ""; // in this layout the prefix is part of the names the application sees
        return new(options: options);
    }
}
