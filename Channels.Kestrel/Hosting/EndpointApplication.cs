using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>What Kestrel calls for each request.</summary>
internal sealed class EndpointApplication(ChannelsEndpoint endpoint) : IHttpApplication<RequestContext>
{
    private const int ProtocolError = 1; // RFC 9113, section 7

    public RequestContext CreateContext(IFeatureCollection contextFeatures)
    {
        // The container lives as long as a connection (HTTP/1.1) or a pooled stream (HTTP/2): what is the same for all
        // its requests is kept there.
        var context = contextFeatures is IHostContextContainer<RequestContext> container ? container.HostContext ??= new RequestContext() : new RequestContext();
        context.Features = contextFeatures;
        return context;
    }

    public Task ProcessRequestAsync(RequestContext context) => HasSchemeOfConnection(context) ? endpoint.ServeAsync(context) : Task.CompletedTask;

    public void DisposeContext(RequestContext context, Exception? exception) => context.Features = null!;

    // Once proxies are listed Kestrel takes any ":scheme" (KestrelDefaults), because some write the client's, or always
    // "https". From others it must be the connection's own, as without proxies; and nobody's is believed: what a proxy has
    // to say about the scheme stands in X-Forwarded-Proto.
    private bool HasSchemeOfConnection(RequestContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        var own = context.Features.Get<ITlsConnectionFeature>() is null ? "http" : "https";
        if (string.Equals(request.Scheme, own, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!endpoint.IsTrustedProxy(context))
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(ProtocolError);
            return false;
        }

        request.Scheme = own;
        return true;
    }
}
