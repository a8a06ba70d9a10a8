using Channels.Layers.Redis;
using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The contract of leased state on both layouts: two processes on one real server.</summary>
[TestFixture("core")]
[TestFixture("pubsub")]
public sealed class RedisLeasedStateSpecification(string layout) : LeasedStateSpecification
{
    private RedisServer? _server;

    [TearDown]
    public async Task StopServerAsync()
    {
        await EndProcessesAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    protected override async ValueTask AddLayerAsync(ChannelsBuilder builder)
    {
        _server ??= await RedisServer.StartAsync();
        void Configure(RedisLayerOptions options) => options.Hosts.Add(_server.Address);
        _ = layout == "core" ? builder.AddRedisLayer(configure: Configure) : builder.AddRedisPubSubLayer(configure: Configure);
    }

    [Test]
    public async Task What_is_not_written_again_is_forgotten()
    {
        var (one, two) = await StartAsync();
        await one.PutAsync("key", "a", Bytes("value"), TimeSpan.FromMilliseconds(1));
        await Eventually.Is(async () => await two.PutAsync("key", "b", Bytes("other"), TimeSpan.FromMinutes(1)));
        Assert.That(Text(await one.TakeAsync("key", "c")), Is.EqualTo("other"));
    }
}
