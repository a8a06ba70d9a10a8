using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>What Kestrel calls for each request: checks it, makes its scope, and serves it as HTTP or as a WebSocket.</summary>
internal sealed class HttpServer : IHttpApplication<RequestContext>
{
    private readonly ServerContext _server;
    private readonly ScopeFactory _scopes;
    private readonly HttpRunner _http;
    private readonly HostFilter _hosts;
    private readonly WebSocketAdmission _webSockets;
    private readonly AccessLog? _access;
    private readonly long _maxBody;

    public HttpServer(ServerContext server)
    {
        _server = server;
        _scopes = new ScopeFactory(server);
        _http = new HttpRunner(server);
        _hosts = new HostFilter(server.Options.AllowedHosts);
        var metrics = server.Services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics();
        _webSockets = new WebSocketAdmission(server.Root, server.Options, server.WebSocket, server.Time, metrics, server.Telemetry, server.Loggers, server.Connections);
        _maxBody = server.Options.MaxRequestBodyBytes;
        _access = server.Options.AccessLog ? new AccessLog(server.Loggers) : null;
    }

    public RequestContext CreateContext(IFeatureCollection contextFeatures)
    {
        // The container lives as long as a connection (HTTP/1.1) or a pooled stream (HTTP/2): what is the same for all
        // its requests is kept there.
        if (contextFeatures is IHostContextContainer<RequestContext> container)
        {
            var context = container.HostContext ??= new RequestContext();
            context.Features = contextFeatures;
            return context;
        }

        return new RequestContext { Features = contextFeatures };
    }

    public Task ProcessRequestAsync(RequestContext context)
    {
        var features = context.Features;
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (RequestCheck.Find(request.Headers) is { } fault)
        {
            return PlainResponse.WriteAsync(features, 400, fault);
        }

        if (_maxBody > 0 && request.Headers.ContentLength > _maxBody)
        {
            return PlainResponse.WriteAsync(features, 413, "The request body is too long.");
        }

        var headers = new RequestHeaders(request.Headers);
        RequestScope scope = WebSocketDoor.IsWebSocketRequest(features)
            ? _scopes.CreateWebSocket(context, request, headers)
            : _scopes.CreateHttp(context, request, headers, features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted);
        if (!_hosts.AllowsAll && !_hosts.Allows(scope.Headers["host"]))
        {
            return PlainResponse.WriteAsync(features, 400, "This host is not served here.");
        }

        return _access is null && !_server.Telemetry.IsWatched
            ? ServeAsync(features, request, scope)
            : ObserveAsync(features, request, scope);
    }

    public void DisposeContext(RequestContext context, Exception? exception) => context.Features = null!;

    private Task ServeAsync(IFeatureCollection features, IHttpRequestFeature request, RequestScope scope) => scope is HttpScope http
        ? _http.ServeAsync(features, request, http)
        : _webSockets.ServeAsync(features, (WebSocketScope)scope); // ProcessRequestAsync makes these two kinds

    private async Task ObserveAsync(IFeatureCollection features, IHttpRequestFeature request, RequestScope scope)
    {
        var started = _server.Time.GetTimestamp();
        var activity = ServerTelemetry.Start(scope, request);
        var isHttp = scope is HttpScope;
        if (isHttp)
        {
            _server.Telemetry.Opened();
        }

        try
        {
            await ServeAsync(features, request, scope);
        }
        finally
        {
            var status = features.GetRequiredFeature<IHttpResponseFeature>().StatusCode;
            var elapsed = _server.Time.GetElapsedTime(started);
            if (isHttp)
            {
                _server.Telemetry.Closed(elapsed, status);
            }

            ServerTelemetry.Finish(activity, status);
            _access?.Add(scope, status, elapsed);
        }
    }
}
