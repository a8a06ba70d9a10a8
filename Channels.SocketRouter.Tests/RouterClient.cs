using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.SocketRouter;

/// <summary>A router on a communicator, with a clock of the test's.</summary>
internal sealed class RouterClient : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RouterClient(ServiceProvider services, WebSocketCommunicator socket) => (_services, Socket) = (services, socket);

    public WebSocketCommunicator Socket { get; }

    public IServiceProvider Services => _services;

    public Journal Journal => _services.GetRequiredService<Journal>();

    public LogRecorder Log => (LogRecorder)_services.GetRequiredService<ILoggerFactory>();

    public ManualTimeProvider Time => (ManualTimeProvider)_services.GetRequiredService<TimeProvider>();

    public static Task<RouterClient> ConnectAsync(Action<SocketRouterOptions>? configure = null, string path = "/router/") => ConnectAsync<TestRouter>(configure, path);

    public static async Task<RouterClient> ConnectAsync<TRouter>(Action<SocketRouterOptions>? configure = null, string path = "/router/", Middleware? middleware = null)
        where TRouter : SocketRouterConsumer
    {
        var services = TestServices.Create(services => services
            .AddSingleton<Journal>()
            .AddSingleton<ILoggerFactory>(new LogRecorder())
            .AddSingleton<TimeProvider>(new ManualTimeProvider())
            .AddSocketRouter(configure));
        var application = Consumer.Of<TRouter>();
        application.Prepare(services);
        var client = new RouterClient(services, Communicator.WebSocket(middleware is null ? application : middleware(application), path).WithServices(services).WithTimeout(Eventually.Patience));
        var connected = await client.Socket.ConnectAsync();
        Assert.That(connected.Accepted);
        return client;
    }

    /// <summary>Sends a frame and receives the next one.</summary>
    public async Task<string> AskAsync(string frame)
    {
        await SendAsync(frame);
        return await ReceiveAsync();
    }

    public ValueTask SendAsync(string frame) => Socket.SendTextAsync(frame);

    public Task<string> ReceiveAsync() => Socket.ReceiveTextAsync();

    /// <summary>A frame with the usual keys.</summary>
    public static string Request(string uuid, string route, string payload = "null", string headers = "{}") =>
        $$"""{"uuid":"{{uuid}}","route":"{{route}}","headers":{{headers}},"payload":{{payload}},"status":200}""";

    public async ValueTask DisposeAsync()
    {
        Journal.Slow.Open();
        await Socket.DisposeAsync();
        await _services.DisposeAsync();
    }
}
