using Channels.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Somebody else's web application that keeps the upgrade to itself, offers its own WebSockets, and mounts an endpoint of ours.</summary>
internal sealed class MountedServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private MountedServer(WebApplication host, ChannelsEndpoint endpoint) => (_host, Endpoint) = (host, endpoint);

    public ChannelsEndpoint Endpoint { get; }

    public int Port => new Uri(_host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public static async Task<MountedServer> StartAsync(Application application, WebSocketServerOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var host = builder.Build();
        var endpoint = new ChannelsEndpoint(application, host.Services, webSocket: options);
        host.UseWebSockets();
        host.Use(next => request =>
        {
            request.Features.Set<IHttpUpgradeFeature>(null);
            return next(request);
        });
        host.Run(request => endpoint.ServeAsync(request.Features));
        await host.StartAsync();
        return new MountedServer(host, endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.DisposeAsync();
    }
}
