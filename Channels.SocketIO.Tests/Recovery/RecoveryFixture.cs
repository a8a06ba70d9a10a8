using Channels.Layers.Redis;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Engine;
using Channels.Tests.Layers.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Sockets;

/// <summary>Servers of several processes, of which some are one, and clients that come back to them.</summary>
/// <param name="layer">The layer between the processes.</param>
internal abstract class RecoveryFixture(string layer)
{
    private readonly List<ReturningClient> _clients = [];
    private readonly List<(SocketIOServer Server, ServiceProvider Services)> _processes = [];
    private RedisServer? _redis;

    protected Journal Journal { get; private set; } = null!;

    [SetUp]
    public async Task BeginAsync()
    {
        Journal = new();
        _redis = layer == "memory" ? null : await RedisServer.StartAsync();
    }

    [TearDown]
    public async Task EndAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _clients.Clear();
        foreach (var (server, services) in _processes)
        {
            await ((IHostedApplication)server).StopAsync(CancellationToken.None);
            await services.DisposeAsync();
        }

        _processes.Clear();
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    /// <summary>A process whose clock stands still: others may take their time to answer it.</summary>
    protected Task<Process> StartStillAsync() => StartAsync(configure: services => services.AddSingleton<TimeProvider>(new ManualTimeProvider()));

    /// <summary>Another process; in memory, another server in the one there is.</summary>
    protected async Task<Process> StartAsync(SocketIOOptions? options = null, Action<IServiceCollection>? configure = null, params Middleware[] middleware)
    {
        var services = layer == "memory" && _processes.Count > 0 ? _processes[0].Services : TestServices.Create(collection =>
        {
            collection.AddSingleton(Journal).AddSingleton<ILoggerProvider>(Journal).AddLogging();
            var channels = collection.AddChannels();
            _ = layer switch
            {
                "redis" => channels.AddRedisLayer(configure: Configure),
                "redis-pubsub" => channels.AddRedisPubSubLayer(configure: Configure),
                _ => channels,
            };
            configure?.Invoke(collection);
        });
        var server = new SocketIOServer(options ?? new() { Recovery = new() })
        {
            { "/", Consumer.Of<ReturningNamespace>(), middleware },
            { "/other", Consumer.Of<ReturningNamespace>(), middleware },
        };
        server.Prepare(services);
        await ((IHostedApplication)server).StartAsync(services, CancellationToken.None);
        _processes.Add((server, services));
        return new(server, services);
    }

    protected ReturningClient NewClient(string space = "/")
    {
        var client = new ReturningClient(space);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that has had one event, so that it can come back.</summary>
    protected async Task<ReturningClient> ConnectAsync(Process process, params string[] rooms)
    {
        var client = NewClient();
        Assert.That(await client.ConnectAsync(process.Server, process.Services), Is.Empty);
        foreach (var room in rooms)
        {
            await client.CallAsync($"[\"join\",\"{room}\"]");
        }

        await process.Server.To(client.Id).EmitAsync("first");
        await client.ExpectAsync("42[\"first\"]");
        return client;
    }

    /// <summary>Expects that nothing came before an answer.</summary>
    protected static Task ExpectNothingAsync(ReturningClient client) => client.CallAsync("[\"echo\",0]", "0");

    private void Configure(RedisLayerOptions options) => _redis!.Configure(options); // called with Redis only

    internal sealed record Process(SocketIOServer Server, ServiceProvider Services);
}
