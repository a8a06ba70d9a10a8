using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>The Redis server of one test, started when it is first needed, and the layers of the processes that share it.</summary>
internal sealed class OwnRedis : IAsyncDisposable
{
    private RedisServer? _server;

    /// <summary>How often connections are asked whether they live; null for seldom, so that one over which nothing comes for a while is not taken for dead.</summary>
    public TimeSpan? PingInterval { get; set; }

    /// <summary>The server, which runs.</summary>
    public RedisServer Server => _server ?? throw new InvalidOperationException("No process of this test has a layer yet.");

    /// <summary>The server, started when it does not run yet.</summary>
    public async ValueTask<RedisServer> StartAsync(params string[] arguments) => _server ??= await RedisServer.StartAsync(arguments);

    /// <summary>Gives a process a layer on the server.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="layout">The layout: <c>core</c>, <c>pubsub</c>, or <c>sharded</c>.</param>
    public async ValueTask AddLayerAsync(ChannelsBuilder builder, string layout)
    {
        var server = await StartAsync();
        void Configure(RedisLayerOptions options)
        {
            options.Hosts.Add(server.Address);
            RedisOptions.BePatient(options);
            options.PingInterval = PingInterval ?? options.PingInterval;
            options.ShardedPubSub = layout == "sharded";
        }

        _ = layout == "core" ? builder.AddRedisLayer(configure: Configure) : builder.AddRedisPubSubLayer(configure: Configure);
    }

    /// <summary>Ends the server; the next that needs one gets another.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }
}
