using System.Net;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>
/// One site with one page and an echo, in three ways: alone, with applications of ours mounted in it, and as an application on our
/// own server.
/// </summary>
internal static class SiteServer
{
    /// <summary>An ordinary site, in which an echo of ours is mounted.</summary>
    internal static async Task<IAsyncDisposable> StartMountedAsync(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        builder.Services.AddChannels();
        var app = builder.Build();
        Map(app);
        app.MapChannels("/echo", Echo);
        await app.StartAsync();
        return app;
    }

    /// <summary>The same site behind a router of our server.</summary>
    internal static async Task<IAsyncDisposable> StartBesideAsync(int port)
    {
        var builder = ChannelsHost.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        builder.Root = new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "echo", Echo } },
            ["http"] = new UrlRouter { { "{**rest}", AspNetCoreSite.Create(static _ => { }, Map) } },
        };
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static void Map(WebApplication app) => app.MapGet("/hello", static () => "Hello, World!");

    private static async Task Echo(Scope scope, Receive receive, Send send)
    {
        if (scope is not WebSocketScope)
        {
            throw new UnsupportedScopeException("echo", scope, "websocket");
        }

        await receive(); // websocket.connect
        await send(new WebSocketAccept());
        while (await receive() is WebSocketReceive message)
        {
            await send(new WebSocketSend(message.Kind, message.Payload));
        }
    }
}
