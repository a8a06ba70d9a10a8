using Channels.Kestrel;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.AspNetCore;

/// <summary>The site's server: listens nowhere, and hands the requests on that another server has.</summary>
internal sealed class SiteServer : IServer
{
    private Func<IFeatureCollection, Task>? _serve;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _serve = features => ServeAsync(application, OfConnection<TContext>(features));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }

    /// <summary>Serves a request. Only while the site runs.</summary>
    public Task ServeAsync(IFeatureCollection features) => _serve!(features); // the site runs once this has started

    // The site keeps its context with the connection, or with a stream that is used again, as on a server of its own.
    private IFeatureCollection OfConnection<TContext>(IFeatureCollection features)
        where TContext : notnull
    {
        if (features is not IHostContextContainer<RequestContext> { HostContext: { } context })
        {
            return features;
        }

        if (context.Kept is not SiteFeatures<TContext> kept || kept.Site != this)
        {
            context.Kept = kept = new SiteFeatures<TContext>(features, this);
        }

        return kept;
    }

    private static async Task ServeAsync<TContext>(IHttpApplication<TContext> application, IFeatureCollection features)
        where TContext : notnull
    {
        var context = application.CreateContext(features);
        try
        {
            await application.ProcessRequestAsync(context);
        }
        catch (Exception error)
        {
            application.DisposeContext(context, error);
            throw;
        }

        application.DisposeContext(context, null);
    }
}
