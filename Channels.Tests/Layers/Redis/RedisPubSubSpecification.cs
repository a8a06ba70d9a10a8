using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of layers on the pub/sub layout, over plain channels and over shard channels: two layers on one real server, as two processes have them.</summary>
// A message on its way while a member leaves or joins is neither required nor forbidden: Redis knows no members.
[LayerFixture(LayerCapabilities.None, "resp2", false)]
[LayerFixture(LayerCapabilities.None, "resp3", false)]
[LayerFixture(LayerCapabilities.None, "resp2", true)]
[Proves("FN-1")]
public sealed class RedisPubSubSpecification(string protocol, bool sharded) : ChannelLayerSpecification
{
    private RedisServer? _server;

    protected override int Volume => 20_000;

    [TearDown]
    public async Task StopServerAsync()
    {
        await DisposeLayersAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override async ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup)
    {
        _server ??= await RedisServer.StartAsync();
        var options = RedisOptions.For(_server, setup, protocol);
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
