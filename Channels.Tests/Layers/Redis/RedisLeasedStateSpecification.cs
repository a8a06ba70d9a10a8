using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of leased state on both layouts: two processes on one real server.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed class RedisLeasedStateSpecification(string layout) : LeasedStateSpecification
{
    private readonly OwnRedis _redis = new();

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        await _redis.DisposeAsync();
    }

    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => _redis.AddLayerAsync(builder, layout);

    [Test]
    public async Task What_is_not_written_again_is_forgotten()
    {
        var (one, two) = await StartAsync();
        await one.PutAsync("key", "a", Bytes("value"), TimeSpan.FromMilliseconds(1));
        await Eventually.Is(async () => await two.PutAsync("key", "b", Bytes("other"), TimeSpan.FromMinutes(1)));
        Assert.That(Text(await one.TakeAsync("key", "c")), Is.EqualTo("other"));
    }
}
