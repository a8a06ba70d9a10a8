using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of histories on both layouts: two processes on one real server.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
[TestFixture("sharded")]
public sealed class RedisHistorySpecification(string layout) : GroupHistorySpecification
{
    private readonly OwnRedis _redis = new();

    protected override int Volume => 1_000;

    protected override int Interleavings => 40;

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        await _redis.DisposeAsync();
    }

    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => _redis.AddLayerAsync(builder, layout);
}
