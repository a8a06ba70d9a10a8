using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>
/// The contract of layers over shard channels on a cluster. Order holds between channels of one node, so the prefix is a hash tag,
/// another one for each test: they take place on all nodes.
/// </summary>
[LayerFixture(LayerCapabilities.Ends)]
[Parallelizable(ParallelScope.Self)] // its tests share the cluster, and the names of channels that are received from by name
[Proves("FN-1")]
public sealed class ShardedClusterSpecification : ChannelLayerSpecification
{
    private static readonly List<RedisServer> Nodes = []; // one cluster for all tests: it takes its time to start
    private readonly string _prefix = $"{{{Guid.NewGuid():N}}}";

    protected override int Volume => 5_000;

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

    protected override ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => new(MakeLayer(setup, Nodes[^1]));

    private RedisPubSubLayer MakeLayer(LayerSetup setup, RedisServer node)
    {
        var options = RedisOptions.For(node, setup);
        (options.Prefix, options.ShardedPubSub) = (_prefix, true);
        return new(options: options);
    }
}
