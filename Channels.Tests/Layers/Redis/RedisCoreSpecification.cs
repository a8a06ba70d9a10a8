using Channels.Layers.Redis;
using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of layers on the core layout: two layers on one real server, as two processes have them.</summary>
[LayerFixture(Promised, "resp2")]
[LayerFixture(Promised, "resp3")]
public sealed class RedisCoreSpecification(string protocol) : ChannelLayerSpecification
{
    private const LayerCapabilities Promised = LayerCapabilities.CompetingReaders | LayerCapabilities.Waits | LayerCapabilities.RefusesWhenFull | LayerCapabilities.SharedMembers
        | LayerCapabilities.ExactMembership | LayerCapabilities.Members | LayerCapabilities.Ends;

    private readonly OwnRedis _redis = new();

    protected override int Volume => 20_000;

    protected override int Interleavings => 500;

    [TearDown]
    public async Task StopServerAsync()
    {
        await DisposeLayersAsync();
        await _redis.DisposeAsync();
    }

    protected override async ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup)
    {
        return new RedisCoreLayer(options: RedisOptions.For(await _redis.StartAsync(), setup, protocol));
    }

    protected override ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => CreateLayerAsync(setup);
}
