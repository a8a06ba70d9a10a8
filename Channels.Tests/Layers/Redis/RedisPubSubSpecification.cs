using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of layers on the pub/sub layout, over plain channels and over shard channels: two layers on one real server, as two processes have them.</summary>
// A message on its way while a member leaves or joins is neither required nor forbidden: Redis knows no members.
[LayerFixture(LayerCapabilities.Ends, "resp2", false)]
[LayerFixture(LayerCapabilities.Ends, "resp3", false)]
[LayerFixture(LayerCapabilities.Ends, "resp2", true)]
[Proves("FN-1")]
public sealed class RedisPubSubSpecification(string protocol, bool sharded) : ChannelLayerSpecification
{
    private readonly OwnRedis _redis = new();

    protected override int Volume => 20_000;

    [TearDown]
    public async Task StopServerAsync()
    {
        await DisposeLayersAsync();
        await _redis.DisposeAsync();
    }

    protected override async ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup)
    {
        var options = RedisOptions.For(await _redis.StartAsync(), setup, protocol);
        if (sharded)
        {
            options.ShardedPubSub = true;
        }
        else
        {
            options.Prefix = ""; // over plain channels the prefix is part of the names the application sees
        }

        return new RedisPubSubLayer(options: options);
    }

    protected override ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => CreateLayerAsync(setup);
}
