using Microsoft.AspNetCore.Hosting.Server;
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
        _serve = features => ServeAsync(application, features);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }

    /// <summary>Serves a request. Only while the site runs.</summary>
    public Task ServeAsync(IFeatureCollection features) => _serve!(features); // the site runs once this has started

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
