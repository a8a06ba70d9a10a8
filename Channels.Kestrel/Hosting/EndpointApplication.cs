using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>What Kestrel calls for each request.</summary>
internal sealed class EndpointApplication(ChannelsEndpoint endpoint) : IHttpApplication<RequestContext>
{
    public RequestContext CreateContext(IFeatureCollection contextFeatures)
    {
        // The container lives as long as a connection (HTTP/1.1) or a pooled stream (HTTP/2): what is the same for all
        // its requests is kept there.
        var context = contextFeatures is IHostContextContainer<RequestContext> container ? container.HostContext ??= new RequestContext() : new RequestContext();
        context.Features = contextFeatures;
        return context;
    }

    public Task ProcessRequestAsync(RequestContext context) => endpoint.ServeAsync(context);

    public void DisposeContext(RequestContext context, Exception? exception) => context.Features = null!;
}
