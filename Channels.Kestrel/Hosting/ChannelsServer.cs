using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Starts the root application and Kestrel in front of it, and stops both in the opposite order.</summary>
internal sealed partial class ChannelsServer(
    RootApplication root,
    IServer server,
    IServiceProvider services,
    IConfiguration configuration,
    IOptions<ChannelsServerOptions> options,
    IOptions<WebSocketServerOptions> webSocket,
    IOptions<HostOptions> host,
    ChannelsMetrics metrics,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    // What is left of the host's time belongs to lifespan.shutdown and to the other hosted services.
    private const double ShareOfShutdown = 0.8;

    private readonly ILogger _logger = loggers.CreateLogger("Channels.Server");
    private HealthEndpoints? _health;
    private ServerContext? _context;

    /// <summary>Whether the server listens.</summary>
    public bool IsStarted { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var application = root.Get(services);
        var state = await root.StartAsync(services, _logger, cancellationToken);
        _context = new ServerContext
        {
            Root = InFront(application),
            Services = services,
            WebSocket = webSocket.Value,
            Options = options.Value,
            Time = time,
            Loggers = loggers,
            Telemetry = new ServerTelemetry(metrics),
            State = state,
        };
        try
        {
            await ListenAsync(_context, cancellationToken);
        }
        catch
        {
            await root.StopAsync(cancellationToken);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_context is null)
        {
            return;
        }

        _context.Connections.BeginDrain();
        _health?.BeginStop();
        if (IsStarted)
        {
            Log.Stopping(_logger, _context.Connections.Count);
            using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await using var deadline = time.CreateTimer(
                static state => ((CancellationTokenSource)state!).Cancel(), hurry, host.Value.ShutdownTimeout * ShareOfShutdown, Timeout.InfiniteTimeSpan);
            await EndConnectionsAsync(_context, hurry.Token);
        }

        await root.StopAsync(cancellationToken);
    }

    private Application InFront(Application application)
    {
        if (!options.Value.HealthChecks)
        {
            return application;
        }

        _health = new HealthEndpoints(application, options.Value.HealthAccess, services.GetService<HealthCheckService>());
        return _health;
    }

    private async Task ListenAsync(ServerContext context, CancellationToken cancellationToken)
    {
        var addresses = server.Features.GetRequiredFeature<IServerAddressesFeature>();
        foreach (var url in ServerUrls.From(configuration))
        {
            addresses.Addresses.Add(url);
        }

        await server.StartAsync(new HttpServer(context), cancellationToken);
        IsStarted = true;
        Log.Started(_logger, string.Join(", ", addresses.Addresses));
        Log.Limits(_logger, LimitsText.Of(options.Value, webSocket.Value));
    }

    private async Task EndConnectionsAsync(ServerContext context, CancellationToken hurry)
    {
        if (options.Value.ReadinessGrace > TimeSpan.Zero)
        {
            await Task.Delay(options.Value.ReadinessGrace, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Kestrel stops accepting first, then waits for its connections until it is told to cut them.
        var stopping = server.StopAsync(hurry);
        await Drain.RunAsync(context.Connections, options.Value.DrainWindow, options.Value.DrainBatch, options.Value.ShutdownCloseCode, time, hurry);
        try
        {
            await stopping;
        }
        catch (OperationCanceledException)
        {
            Log.Cut(_logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Information, "Listening on {Addresses}")]
        public static partial void Started(ILogger logger, string addresses);

        [LoggerMessage(1011, LogLevel.Information, "Limits: {Limits}")]
        public static partial void Limits(ILogger logger, string limits);

        [LoggerMessage(1014, LogLevel.Information, "Stopping; {Count} WebSockets are asked to close")]
        public static partial void Stopping(ILogger logger, int count);

        [LoggerMessage(1015, LogLevel.Warning, "Some connections did not end in time and were cut")]
        public static partial void Cut(ILogger logger);
    }
}
