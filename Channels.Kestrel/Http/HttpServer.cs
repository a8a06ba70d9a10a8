using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>What Kestrel calls for each request: checks it, makes its scope, and serves it as HTTP or as a WebSocket.</summary>
internal sealed class HttpServer : IHttpApplication<RequestContext>
{
    private readonly ServerContext _server;
    private readonly ScopeFactory _scopes;
    private readonly HttpRunner _http;

    public HttpServer(ServerContext server)
    {
        _server = server;
        _scopes = new ScopeFactory(server);
        _http = new HttpRunner(server);
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

        var headers = new RequestHeaders(request.Headers);
        var aborted = features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        return _http.ServeAsync(features, request, _scopes.CreateHttp(context, request, headers, aborted));
    }

    public void DisposeContext(RequestContext context, Exception? exception) => context.Features = null!;
}
