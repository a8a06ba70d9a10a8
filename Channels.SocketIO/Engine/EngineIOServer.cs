using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.SocketIO;

/// <summary>
/// Serves Engine.IO, revision 4 of the protocol: one object that is routed under <c>http</c> and under <c>websocket</c>, and
/// calls the application inside once for each session, with an <see cref="EngineIOScope"/>.
/// </summary>
/// <remarks>
/// Thread-safe. Each object has sessions of its own, which live in this process. Where the default layer is shared with other
/// processes, a polling request that reaches another one than the session's is put to that one; so no proxy has to send a
/// client always to the same process. When the host stops, clients are told, and the applications inside end.
/// </remarks>
public sealed class EngineIOServer : IHostedApplication
{
    private readonly EngineIOOptions _options;
    private readonly Application _inner;
    private readonly ApplicationMiddleware? _originCheck; // in place of the server's own, where other origins are let in
    private readonly Lock _gate = new();
    private volatile EngineIORuntime? _runtime;

    /// <summary>Makes a server.</summary>
    /// <param name="options">The options; read once, here.</param>
    /// <param name="inner">The application inside.</param>
    /// <exception cref="ArgumentException">An option cannot be; the message names it and what would be right.</exception>
    public EngineIOServer(EngineIOOptions options, Application inner)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(inner);
        EngineIOOptionsCheck.ThrowIfInvalid(options);
        (_options, _inner) = (options, inner);
        if (options.AllowedOrigins.Count > 0)
        {
            _originCheck = OriginValidator.Wrap(new WebSocketBranch(this).ServeAsync, MissingOrigin.Allow, [.. options.AllowedOrigins]);
        }
    }

    /// <summary>Counts what the sessions carry; null, where nobody wants to know. Set before the server runs.</summary>
    internal EngineTraffic? Traffic { get; set; }

    /// <summary>How many sessions there are now.</summary>
    public int Count => _runtime?.Count ?? 0;

    /// <inheritdoc/>
    string IApplicationNode.Description => "Engine.IO";

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => _originCheck is null ? [new("engineio", _inner)] : [new("", _originCheck), new("engineio", _inner)];

    /// <inheritdoc/>
    bool IApplicationNode.KeepsConnections => true;

    /// <summary>The server as an application.</summary>
    /// <param name="server">The server.</param>
    public static implicit operator Application(EngineIOServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.InvokeAsync;
    }

    /// <summary>The server as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <summary>Serves one request or one WebSocket.</summary>
    /// <param name="scope">The facts about it.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    /// <exception cref="UnsupportedScopeException">The scope is of another type.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send) => scope switch
    {
        HttpScope http => RuntimeFor(http.Services).Polling.ServeAsync(http, receive, send),
        WebSocketScope when _originCheck is not null => _originCheck.InvokeAsync(scope, receive, send),
        WebSocketScope webSocket => ServeAsync(webSocket, receive, send),
        _ => Task.FromException(new UnsupportedScopeException("Engine.IO", scope, "http", "websocket")),
    };

    /// <inheritdoc/>
    void IApplicationNode.Prepare(IServiceProvider services) => RuntimeFor(services);

    /// <inheritdoc/>
    Task IHostedApplication.StartAsync(IServiceProvider services, CancellationToken cancellationToken) => RuntimeFor(services).Forwarding?.StartAsync().WaitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    Task IHostedApplication.StopAsync(CancellationToken cancellationToken) => _runtime?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    private Task ServeAsync(WebSocketScope scope, Receive receive, Send send) => RuntimeFor(scope.Services).WebSockets.ServeAsync(scope, receive, send);

    // Without a host, as in a bare unit test, the first connection brings the services.
    private EngineIORuntime RuntimeFor(IServiceProvider services)
    {
        if (_runtime is { } made)
        {
            return made;
        }

        lock (_gate)
        {
            var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
            var logger = services.GetService<ILoggerFactory>()?.CreateLogger("Channels.SocketIO.Engine") ?? NullLogger.Instance;
            var stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
            var metrics = new EngineIOMetrics((services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics()).Meter);
            return _runtime ??= new EngineIORuntime(_options, _inner, services, time, new EngineIOLog(logger, time), metrics, FindRequests(services), stopping) { Traffic = Traffic };
        }
    }

    // Where the layer does not leave the process, nobody else has sessions.
    private ChannelRequests? FindRequests(IServiceProvider services) =>
        _options.ForwardRequests && services is IKeyedServiceProvider keyed && keyed.GetKeyedService<IChannelLayer>(ChannelLayerAliases.Default)?.Features.HasFlag(ChannelLayerFeatures.Distributed) == true
            ? services.GetService<ChannelRequests>()
            : null;

    // An object of its own: the server's node stands around it.
    private sealed class WebSocketBranch(EngineIOServer server)
    {
        public Task ServeAsync(Scope scope, Receive receive, Send send) => server.ServeAsync((WebSocketScope)scope, receive, send);
    }
}
