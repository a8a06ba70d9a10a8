using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Kestrel;

/// <summary>
/// The server without its host: serves an application's requests and WebSockets for any server that offers ASP.NET Core's
/// features, from inside an <c>IHttpApplication</c> or a request delegate. <c>services.AddChannelsServer(…)</c> puts it
/// into a host with Kestrel. Thread-safe.
/// </summary>
/// <remarks>
/// The application's lifespan is its host's: run a <see cref="LifespanRunner"/> around the endpoint for an application
/// that has one, and pass its <see cref="LifespanRunner.State"/> on.
/// </remarks>
public sealed class ChannelsEndpoint
{
    private readonly ChannelsServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerTelemetry _telemetry;
    private readonly RunningHandlers _running = new();
    private readonly ConnectionRegistry _connections = new();
    private readonly ScopeFactory _scopes;
    private readonly HttpRuntime _runtime;
    private readonly HttpRunner _http;
    private readonly HostFilter _hosts;
    private readonly WebSocketAdmission _webSockets;
    private readonly AccessLog? _access;

    /// <summary>Makes an endpoint.</summary>
    /// <param name="root">The application that serves everything.</param>
    /// <param name="services">What scopes offer as their services. A <see cref="TimeProvider"/> and an <see cref="ILoggerFactory"/> are taken from them if there are any.</param>
    /// <param name="options">Limits and ways of the server; must be valid. Null for the defaults.</param>
    /// <param name="webSocket">Limits of WebSockets; must be valid. Null for the defaults.</param>
    /// <param name="state">What the application stored at start-up, copied shallowly into every scope. Null for nothing.</param>
    public ChannelsEndpoint(
        Application root, IServiceProvider services, ChannelsServerOptions? options = null, WebSocketServerOptions? webSocket = null, IDictionary<string, object?>? state = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(services);
        _options = options ?? new ChannelsServerOptions();
        _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var loggers = new QuietLoggers(services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        var metrics = services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics();
        _telemetry = new ServerTelemetry(metrics);
        _scopes = new ScopeFactory(_options, services, state, _time, loggers);
        var memory = new MemoryBudget(_options.MaxHeldBytes ?? MemoryBudget.DefaultLimit(), _time, new MemoryShortage(loggers, metrics, _time).Add);
        metrics.Meter.CreateObservableUpDownCounter("channels.server.memory.held", () => memory.Used, "By", "Bytes that peers make the server hold beyond their allowance.");
        var limits = new ConnectionLimits(_options, _time);
        var refusals = new RefusalLog(loggers.CreateLogger("Channels.Server"), _telemetry, _time);
        _runtime = new HttpRuntime(_options, limits, refusals, new HttpLog(loggers.CreateLogger("Channels.Server.Http"), _time), memory, _running);
        _http = new HttpRunner(root, _runtime, _time, _telemetry);
        _hosts = new HostFilter(_options.AllowedHosts);
        _webSockets = new WebSocketAdmission(root, _options, webSocket ?? new WebSocketServerOptions(), _time, metrics, loggers, _connections, limits, refusals, memory, _running);
        _access = _options.AccessLog ? new AccessLog(loggers) : null;
        if (webSocket is { CheckOrigin: false } && !OriginDecision.IsExpectedIn(root))
        {
            OriginLog.From(services).Unchecked();
        }
    }

    /// <summary>How many WebSockets are open or in their handshake.</summary>
    public int OpenWebSockets => _connections.Count;

    /// <summary>
    /// Serves one request, or one WebSocket to its end: what is wrong with it is answered, not thrown. Ends when the
    /// application has ended or was given up.
    /// </summary>
    /// <param name="features">The request; used until the task ends.</param>
    /// <exception cref="Exception">What left an application that has taken the features over (<see cref="HttpHandover"/>).</exception>
    public Task ServeAsync(IFeatureCollection features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return ServeAsync(new RequestContext { Features = features });
    }

    /// <summary>As <see cref="ServeAsync(IFeatureCollection)"/>, for a request about which whoever stands in front knows more.</summary>
    /// <param name="features">The request; used until the task ends.</param>
    /// <param name="complete">
    /// Called once, before the application: a copy of the scope with what is to be added, such as
    /// <see cref="Scope.User"/> or entries. It keeps everything else.
    /// </param>
    /// <exception cref="Exception">What left an application that has taken the features over (<see cref="HttpHandover"/>).</exception>
    public Task ServeAsync(IFeatureCollection features, Func<RequestScope, RequestScope> complete)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(complete);
        return ServeAsync(new RequestContext { Features = features }, complete);
    }

    /// <summary>From now on new WebSockets and event streams are refused with 503. What is open goes on, and so do other requests.</summary>
    public void BeginDrain()
    {
        _connections.BeginDrain();
        _runtime.LongRequests.BeginDrain();
    }

    /// <summary>
    /// Begins the drain and asks the open WebSockets to close, in slices over <see cref="ChannelsServerOptions.DrainWindow"/>,
    /// and beside them the requests that last: event streams are completed, applications that wait for the end are told
    /// (<see cref="HttpDisconnect.IsServerStopping"/>). Returns when all were asked; each ends with its own
    /// <see cref="ServeAsync(IFeatureCollection)"/>.
    /// </summary>
    /// <param name="hurry">Asks all that are left at once.</param>
    public Task DrainAsync(CancellationToken hurry = default)
    {
        BeginDrain();
        _runtime.BeginStop();
        return Task.WhenAll(DrainAsync(_connections), DrainAsync(_runtime.LongRequests));

        Task DrainAsync(ConnectionRegistry connections) =>
            Drain.RunAsync(connections, _options.DrainWindow, _options.DrainBatch, _options.ShutdownCloseCode, _time, hurry);
    }

    /// <summary>Whether the request's peer is a listed proxy.</summary>
    internal bool IsTrustedProxy(RequestContext context) => _scopes.GetPeer(context).IsTrustedProxy;

    /// <summary>
    /// Tells which ports other machines reach, so that where no hosts are configured requests through the others may name this
    /// machine only. Empty, as before the server listens, takes every listener on a loopback address for such a one.
    /// </summary>
    internal void GuardLoopback(IReadOnlySet<int> openPorts) => _hosts.OpenPorts = openPorts;

    /// <summary>What tells of handlers that block their threads, until it is disposed.</summary>
    internal PoolWatch WatchPool(ChannelsMetrics metrics, ILogger logger) => new(_running, metrics, _time, logger);

    internal Task ServeAsync(RequestContext context, Func<RequestScope, RequestScope>? complete = null)
    {
        var features = context.Features;
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        var headers = new RequestHeaders(request.Headers);
        RequestScope scope;
        ServerExchange exchange;
        if (WebSocketDoor.IsWebSocketRequest(features))
        {
            exchange = new WebSocketRequest(features, _running);
            scope = _scopes.CreateWebSocket(context, request, headers, exchange);
        }
        else
        {
            KeepFromTunnels(features, request);
            var http = new HttpExchange(features, request, _runtime, features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted);
            (exchange, scope) = (http, _scopes.CreateHttp(context, request, headers, http));
        }

        if (complete is not null)
        {
            scope = complete(scope);
        }

        var refusal = FindRefusal(context, request, headers);
        return _access is null && !_telemetry.IsWatched
            ? ServeAsync(features, scope, exchange, refusal)
            : ObserveAsync(features, request, scope, exchange, refusal);
    }

    // A request for another protocol, whichever it names, is answered as HTTP. A proxy that began to tunnel when it saw the request
    // would let whatever its client sends next through as a request of the proxy's own.
    private static void KeepFromTunnels(IFeatureCollection features, IHttpRequestFeature request)
    {
        if (request.Headers.Upgrade.Count > 0 && request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
        {
            features.GetRequiredFeature<IHttpResponseFeature>().Headers.Connection = "close";
        }
    }

    // What no application should see, whatever it serves; null when all is well.
    private RequestRefusal? FindRefusal(RequestContext context, IHttpRequestFeature request, RequestHeaders headers)
    {
        if (RequestCheck.Find(request.Headers) is { } fault)
        {
            return new(400, fault);
        }

        if (!RequestPath.IsSendable(request.RawTarget))
        {
            return RequestRefusal.UnencodedTarget; // Kestrel lets control characters through
        }

        // A proxy takes any success for an open tunnel, and no longer looks at what its client sends through it.
        if (HttpMethods.IsConnect(request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            return RequestRefusal.Tunnel;
        }

        if (!_hosts.Allows(request.Headers.Host.Count, headers["host"], _scopes.GetPeer(context).Server))
        {
            return RequestRefusal.ForeignHost;
        }

        return _options.MaxRequestBodyBytes > 0 && request.Headers.ContentLength > _options.MaxRequestBodyBytes ? RequestRefusal.BodyTooLong : null;
    }

    private Task ServeAsync(IFeatureCollection features, RequestScope scope, ServerExchange exchange, RequestRefusal? refusal) =>
        refusal is not null ? RefuseAsync(features, exchange, refusal)
        : exchange is HttpExchange http ? _http.ServeAsync(features, (HttpScope)scope, http)
        : _webSockets.ServeAsync(features, (WebSocketScope)scope, (WebSocketRequest)exchange);

    // Requests are measured where they are observed, and handshakes where they are answered.
    private Task RefuseAsync(IFeatureCollection features, ServerExchange exchange, RequestRefusal refusal) =>
        exchange is HttpExchange ? RefuseAsync(features, refusal) : _webSockets.MeasureAsync(() => RefuseAsync(features, refusal));

    private async Task RefuseAsync(IFeatureCollection features, RequestRefusal refusal)
    {
        await PlainResponse.WriteAsync(features, refusal.Status, refusal.Text);
        await RequestDrain.RunAsync(features, body: null, _time);
    }

    private async Task ObserveAsync(IFeatureCollection features, IHttpRequestFeature request, RequestScope scope, ServerExchange exchange, RequestRefusal? refusal)
    {
        var started = _time.GetTimestamp();
        var activity = ServerTelemetry.Start(scope, request);
        if (exchange is HttpExchange)
        {
            _telemetry.Opened();
        }

        try
        {
            await ServeAsync(features, scope, exchange, refusal);
        }
        finally
        {
            var status = features.GetRequiredFeature<IHttpResponseFeature>().StatusCode;
            var elapsed = _time.GetElapsedTime(started);
            var route = exchange.Match.Template;
            if (exchange is HttpExchange)
            {
                _telemetry.Closed(elapsed, status, route);
            }

            ServerTelemetry.Finish(activity, status, route);
            if (exchange is not HttpExchange { IsProbe: true })
            {
                _access?.Add(scope, status, elapsed);
            }
        }
    }
}
