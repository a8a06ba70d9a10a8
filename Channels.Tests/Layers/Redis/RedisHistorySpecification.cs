using Channels.Layers.Redis;
using Channels.Tests.Specifications;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of histories on both layouts: two processes on one real server.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
[TestFixture("sharded")]
public sealed class RedisHistorySpecification(string layout) : GroupHistorySpecification
{
    private RedisServer? _server;

    protected override int Volume => 1_000;

    protected override int Interleavings => 40;

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override async ValueTask AddLayerAsync(ChannelsBuilder builder)
    {
        _server ??= await RedisServer.StartAsync();
        if (layout == "core")
        {
            builder.AddRedisLayer(configure: options => options.Hosts.Add(_server.Address));
        }
        else
        {
            builder.AddRedisPubSubLayer(configure: options =>
            {
                options.Hosts.Add(_server.Address);
                options.ShardedPubSub = layout == "sharded";
            });
        }
    }
}
