using System.Collections.Immutable;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
    IOptions<KestrelServerOptions> kestrel,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    // What is left of the host's time belongs to lifespan.shutdown and to the other hosted services.
    private const double ShareOfShutdown = 0.8;

    private readonly ILogger _logger = new QuietLoggers(loggers).CreateLogger("Channels.Server");
    private HealthEndpoints? _health;
    private ChannelsEndpoint? _endpoint;
    private PoolWatch? _poolWatch;
    private HostedApplications? _hosted;
    private Task? _stop;

    /// <summary>Whether the server listens.</summary>
    public bool IsStarted { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var application = root.Get(services);
        var state = await root.StartAsync(services, _logger, cancellationToken);
        _hosted = new HostedApplications(application);
        try
        {
            await _hosted.StartAsync(services, cancellationToken);
            _endpoint = new ChannelsEndpoint(InFront(application), services, options.Value, webSocket.Value, state);
            await ListenAsync(_endpoint, cancellationToken);
        }
        catch
        {
            await _hosted.StopAsync(cancellationToken);
            await root.StopAsync(cancellationToken);
            throw;
        }
    }

    // Whoever has stopped a host disposes it next, which stops it again.
    public Task StopAsync(CancellationToken cancellationToken) => _stop ??= StopOnceAsync(cancellationToken);

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        if (_endpoint is null)
        {
            return;
        }

        _endpoint.BeginDrain();
        _health?.BeginStop();
        if (IsStarted)
        {
            Log.Stopping(_logger, _endpoint.OpenWebSockets);
            using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

            // Not cancelled on the timer itself: whoever has registered with the token may throw.
            await using var deadline = time.CreateTimer(
                static state => _ = ((CancellationTokenSource)state!).CancelAsync(), hurry, host.Value.ShutdownTimeout * ShareOfShutdown, Timeout.InfiniteTimeSpan);
            await EndConnectionsAsync(_endpoint, hurry.Token);
        }

        _poolWatch?.Dispose();
        await _hosted!.StopAsync(cancellationToken); // made before the endpoint
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

    private async Task ListenAsync(ChannelsEndpoint endpoint, CancellationToken cancellationToken)
    {
        var addresses = server.Features.GetRequiredFeature<IServerAddressesFeature>();
        foreach (var url in ServerUrls.From(configuration))
        {
            addresses.Addresses.Add(url);
        }

        foreach (var path in UnixSockets.In(addresses.Addresses.Concat(ServerUrls.All(configuration).Select(each => each.Address))).Where(UnixSockets.RemoveDead))
        {
            Log.DeadSocket(_logger, path);
        }

        endpoint.GuardLoopback(ImmutableHashSet<int>.Empty); // whoever comes before the listeners are known is judged strictly
        await BindAsync(endpoint, cancellationToken);
        foreach (var path in UnixSockets.In(addresses.Addresses))
        {
            UnixSockets.SetMode(path, OctalModeAttribute.Parse(options.Value.UnixSocketMode)!.Value); // the options are valid
        }

        _poolWatch = endpoint.WatchPool(services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics(), _logger);
        IsStarted = true;
        var open = OpenListeners.In(addresses.Addresses);
        endpoint.GuardLoopback(open.Keys.ToHashSet());
        if (options.Value.AllowedHosts.Count == 0 && open.Count > 0)
        {
            Log.AnyHost(_logger, string.Join(", ", open.Values));
        }

        Log.Started(_logger, string.Join(", ", addresses.Addresses));
        Log.Limits(_logger, LimitsText.Of(options.Value, webSocket.Value));
        if (Capacity.Complaint(options.Value, kestrel.Value.Limits.MaxConcurrentConnections, OpenFiles.Connections(), Capacity.Memory) is { } complaint)
        {
            Log.DoesNotFit(_logger, complaint);
        }
    }

    private async Task BindAsync(ChannelsEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await server.StartAsync(new EndpointApplication(endpoint), cancellationToken);
        }
        catch (Exception error) when (CannotListenException.Explains(error))
        {
            throw new CannotListenException(error, configuration);
        }
    }

    private async Task EndConnectionsAsync(ChannelsEndpoint endpoint, CancellationToken hurry)
    {
        if (options.Value.ReadinessGrace > TimeSpan.Zero)
        {
            await Task.Delay(options.Value.ReadinessGrace, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Kestrel stops accepting first, then waits for its connections until it is told to cut them.
        var stopping = server.StopAsync(hurry);
        await endpoint.DrainAsync(hurry);
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

        [LoggerMessage(1011, LogLevel.Debug, "Limits: {Limits}")]
        public static partial void Limits(ILogger logger, string limits);

        [LoggerMessage(1032, LogLevel.Warning, "{Addresses} serves requests for any host name, because Channels:Server:AllowedHosts is empty; list the names of this site there, or '*' if any is meant.")]
        public static partial void AnyHost(ILogger logger, string addresses);

        [LoggerMessage(1018, LogLevel.Warning, "The caps let in more than fits: {Complaint}. Raise what limits, or lower the cap.")]
        public static partial void DoesNotFit(ILogger logger, string complaint);

        [LoggerMessage(1033, LogLevel.Information, "Replaced the unix socket {Path}, on which nobody listened any more")]
        public static partial void DeadSocket(ILogger logger, string path);

        [LoggerMessage(1014, LogLevel.Information, "Stopping; {Count} WebSockets are asked to close")]
        public static partial void Stopping(ILogger logger, int count);

        [LoggerMessage(1015, LogLevel.Warning, "Some connections did not end in time and were cut")]
        public static partial void Cut(ILogger logger);
    }
}
