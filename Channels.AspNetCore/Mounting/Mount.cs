using System.Diagnostics.CodeAnalysis;
using Channels.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.AspNetCore;

/// <summary>
/// An application in somebody else's site: it begins before the site's server and is drained when the site is told to stop,
/// because that server waits for its requests, and a WebSocket is one.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync, with which every mount ends, disposes of what must be.")]
internal sealed class Mount(Application application, IServiceProvider services) : IHostedService
{
    private readonly RootApplication _root = new(application);
    private readonly HostedApplications _hosted = new(application);
    private ChannelsEndpoint? _endpoint;
    private PoolWatch? _watch;
    private CancellationTokenRegistration _stopping;
    private CancellationTokenSource? _hurry;
    private Task _drained = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Channels.Server");
        var (server, webSocket) = (ServerSettings.ReadServer(services), ServerSettings.ReadWebSocket(services));
        var state = await _root.StartAsync(services, logger, cancellationToken);
        await _hosted.StartAsync(services, cancellationToken);
        _endpoint = new ChannelsEndpoint(application, services, server, webSocket, state);
        _watch = _endpoint.WatchPool(services.GetRequiredService<ChannelsMetrics>(), logger);
        _hurry = new CancellationTokenSource();
        _stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.UnsafeRegister(static state => ((Mount)state!).BeginDrain(), this);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_endpoint is null || _hurry is null)
        {
            return; // it never started
        }

        await _stopping.DisposeAsync();
        await using (cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _hurry))
        {
            await _drained;
        }

        _hurry.Dispose();
        _watch?.Dispose();
        await _hosted.StopAsync(cancellationToken);
        await _root.StopAsync(cancellationToken);
    }

    public async Task ServeAsync(HttpContext context)
    {
        var endpoint = _endpoint ?? throw new InvalidOperationException("The site serves requests before its hosted services have started, so the application behind MapChannels has not started either.");
        var decision = await EndpointOrigins.DecideAsync(context);
        await endpoint.ServeAsync(context.Features, scope => Complete(scope, context, decision));
    }

    private static RequestScope Complete(RequestScope scope, HttpContext context, OriginDecision? decision)
    {
        scope = scope with { User = context.User };
        scope = (RequestScope)scope.With(HttpContextExtensions.Key, context); // a copy has the type of its original
        return decision is null ? scope : (RequestScope)scope.With(OriginDecision.Key, decision);
    }

    private void BeginDrain() => _drained = _endpoint!.DrainAsync(_hurry!.Token); // both exist before this is registered
}
