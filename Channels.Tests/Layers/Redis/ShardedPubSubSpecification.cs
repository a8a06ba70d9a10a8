using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of layers over shard channels, on one server that is no cluster.</summary>
[LayerFixture(LayerCapabilities.None, "resp2")]
[Proves("FN-1")]
public sealed class ShardedPubSubSpecification(string protocol) : ChannelLayerSpecification
{
    private RedisServer? _server;

    protected override int Volume => 5_000;

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
        options.ShardedPubSub = true;
        return new RedisPubSubLayer(options: options);
    }

    protected override ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => CreateLayerAsync(setup);
}
