using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Channels.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>A bare Kestrel on a free loopback port with only the WebSocket door behind it.</summary>
internal sealed class WebSocketServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private WebSocketServer(WebApplication host, ConnectionRegistry connections) => (_host, Connections) = (host, connections);

    public ConnectionRegistry Connections { get; }

    public IServiceProvider Services => _host.Services;

    public int Port => new Uri(_host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public static async Task<WebSocketServer> StartAsync(
        Application application,
        Action<WebSocketServerOptions>? configure = null,
        TimeProvider? time = null,
        HttpProtocols protocols = HttpProtocols.Http1,
        X509Certificate2? certificate = null,
        ILoggerProvider? logs = null,
        bool ownFrames = true)
    {
        var options = new WebSocketServerOptions { CheckOrigin = false };
        configure?.Invoke(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.Services.AddSingleton<ChannelsMetrics>();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var host = builder.Build();
        var connections = new ConnectionRegistry();
        var door = new WebSocketDoor(
            application,
            options,
            time ?? TimeProvider.System,
            host.Services.GetRequiredService<ChannelsMetrics>(),
            host.Services.GetRequiredService<ILoggerFactory>(),
            connections);
        if (!ownFrames)
        {
            // As mounted in a host that keeps the upgrade to itself and offers its own WebSocket.
            host.UseWebSockets();
            host.Use(next => request =>
            {
                request.Features.Set<IHttpUpgradeFeature>(null);
                return next(request);
            });
        }

        host.Run(async request =>
        {
            if (!WebSocketDoor.IsWebSocketRequest(request.Features))
            {
                request.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            var headers = new HeaderList();
            foreach (var (name, values) in request.Request.Headers)
            {
                foreach (var value in values)
                {
                    headers.Add(name, value ?? "");
                }
            }

            await door.ServeAsync(request.Features, new WebSocketScope { Path = request.Request.Path, Headers = headers, Services = host.Services });
        });
        await host.StartAsync();
        return new WebSocketServer(host, connections);
    }

    /// <summary>Asks for a WebSocket and reads the head of the answer.</summary>
    public async Task<string> RequestAsync()
    {
        using var client = await RawWebSocketClient.ConnectAsync(Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(RawWebSocketClient.Request()));
        return await client.ReadHeadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _host.StopAsync(limit.Token);
        await _host.DisposeAsync();
    }
}
