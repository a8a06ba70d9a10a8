using System.Collections.Concurrent;
using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>
/// The Redis server of one test, had when it is first needed, and the layers of the processes that share it. Hundreds of tests do no more than use theirs: it is
/// emptied for the next test then, which costs less than to start one.
/// </summary>
internal sealed class OwnRedis : IAsyncDisposable
{
    private static readonly ConcurrentBag<RedisServer> s_renewed = [];
    private RedisServer? _server;

    /// <summary>How often connections are asked whether they live; null for seldom, so that one over which nothing comes for a while is not taken for dead.</summary>
    public TimeSpan? PingInterval { get; set; }

    /// <summary>The server, which runs.</summary>
    public RedisServer Server => _server ?? throw new InvalidOperationException("No process of this test has a layer yet.");

    /// <summary>Ends the servers that wait for a next test.</summary>
    public static async Task EndRenewedAsync()
    {
        while (s_renewed.TryTake(out var server))
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>The server, which nobody else has.</summary>
    /// <param name="arguments">More of its command line; it is started then.</param>
    public async ValueTask<RedisServer> StartAsync(params string[] arguments) =>
        _server ??= arguments.Length == 0 && s_renewed.TryTake(out var renewed) ? renewed : await RedisServer.StartAsync(arguments);

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

    /// <summary>Gives the server up, whose clients are gone by now; the next that needs one gets another.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            var isLikeNew = false;
            try
            {
                isLikeNew = await server.RenewAsync();
            }
            finally
            {
                await (isLikeNew ? Keep(server) : server.DisposeAsync());
            }
        }
    }

    private static ValueTask Keep(RedisServer server)
    {
        s_renewed.Add(server);
        return ValueTask.CompletedTask;
    }
}
