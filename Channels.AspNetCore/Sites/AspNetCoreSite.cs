using System.Diagnostics.CodeAnalysis;
using Channels.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.AspNetCore;

/// <summary>
/// A complete ASP.NET Core site as an application: the <c>http</c> entry of a router, or its last route. It is served by the
/// server around it through the whole request, streaming both ways, and keeps its own middleware, metrics and activities.
/// Thread-safe.
/// </summary>
/// <remarks>
/// <para>The site has a container of its own, in which configuration, logging, clock, data protection, channel layers and job
/// queues are the host's: an endpoint asks for <see cref="IChannelLayer"/> and sends to the host's groups. It is built when the server
/// starts; its hosted services start before the server listens and stop behind its last request. Workers do not start it.</para>
/// <para>It sees the whole path. Scheme, host and client are those that the server has found out behind trusted proxies, and a user
/// whom middleware in front of it has found is <c>HttpContext.User</c> until the site authenticates by itself.</para>
/// <para>WebSockets do not reach it: a site whose pages need some of their own (SignalR, Blazor Server) stays the host, and
/// applications are mounted in it by <c>MapChannels</c>.</para>
/// </remarks>
/// <example>
/// <code>
/// var site = AspNetCoreSite.Create(web => web.Services.AddRazorPages(), app => app.MapRazorPages());
/// builder.Root = new ProtocolTypeRouter { ["websocket"] = chat, ["http"] = site };
/// </code>
/// </example>
[SuppressMessage("Design", "CA1001", Justification = "The site, which is disposed of when it stops, owns its server.")]
public sealed class AspNetCoreSite : IHostedApplication
{
    private readonly Action<WebApplicationBuilder> _services;
    private readonly Action<WebApplication> _app;
    private readonly SiteServer _server = new();
    private WebApplication? _site;
    private CancellationTokenRegistration _stopping;

    private AspNetCoreSite(Action<WebApplicationBuilder> services, Action<WebApplication> app) => (_services, _app) = (services, app);

    /// <inheritdoc/>
    public string Description => nameof(AspNetCoreSite);

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => [];

    /// <summary>The site's own services.</summary>
    /// <exception cref="InvalidOperationException">The site is not running.</exception>
    public IServiceProvider Services => _site?.Services ?? throw NotRunning();

    /// <summary>Describes a site; it is built when a server starts.</summary>
    /// <param name="services">Adds the site's services, as before <c>builder.Build()</c>.</param>
    /// <param name="app">Adds middleware and endpoints, as behind it.</param>
    public static AspNetCoreSite Create(Action<WebApplicationBuilder> services, Action<WebApplication> app)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(app);
        return new(services, app);
    }

    /// <summary>The site as an application.</summary>
    /// <param name="site">The site.</param>
    public static implicit operator Application(AspNetCoreSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        return site.InvokeAsync;
    }

    /// <summary>The site as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <inheritdoc/>
    public void Prepare(IServiceProvider services)
    {
    }

    /// <summary>Serves one request.</summary>
    /// <param name="scope">The request, from a Channels server.</param>
    /// <param name="receive">Not used: the site reads the request itself.</param>
    /// <param name="send">Not used: the site writes the response itself.</param>
    /// <exception cref="UnsupportedScopeException">It is no HTTP request.</exception>
    /// <exception cref="InvalidOperationException">No server has started the site, or the request comes from a communicator.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is not HttpScope request)
        {
            return Task.FromException(new UnsupportedScopeException(Description, scope, "http"));
        }

        if (_site is null)
        {
            return Task.FromException(NotRunning());
        }

        if (!request.TryTakeFeatures(out var features))
        {
            return Task.FromException(new InvalidOperationException("A site is served by a Channels server only; in a test start one with LiveServer."));
        }

        SiteRequest.Complete(request, features);
        return _server.ServeAsync(features);
    }

    /// <inheritdoc/>
    async Task IHostedApplication.StartAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (_site is not null)
        {
            throw new InvalidOperationException("The site runs already: one server serves it.");
        }

        var site = Build(services);
        try
        {
            _app(site);
            await site.StartAsync(cancellationToken);
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }

        if (services.GetService<IHostApplicationLifetime>() is { } host)
        {
            // Each hears of the other's end; not on the same thread, because either may be about to tell the other one.
            _stopping = host.ApplicationStopping.UnsafeRegister(static state => ((WebApplication)state!).Lifetime.StopApplication(), site);
            site.Lifetime.ApplicationStopping.UnsafeRegister(static state => ThreadPool.UnsafeQueueUserWorkItem(static host => host.StopApplication(), (IHostApplicationLifetime)state!, preferLocal: false), host);
        }

        _site = site;
    }

    /// <inheritdoc/>
    async Task IHostedApplication.StopAsync(CancellationToken cancellationToken)
    {
        if (_site is not { } site)
        {
            return;
        }

        _site = null;
        await _stopping.DisposeAsync();
        await site.StopAsync(cancellationToken);
        await site.DisposeAsync();
    }

    private WebApplication Build(IServiceProvider host)
    {
        var builder = HostShare.CreateBuilder(host);
        _services(builder);
        HostShare.Add(builder.Services, host, _server);
        return builder.Build();
    }

    private static InvalidOperationException NotRunning() =>
        new("The site is not running: a server starts it that has it in its tree of applications. A plain function around it must hold it in a variable of its own, so that it is found.");
}
