using System.Net;
using Channels.Kestrel;
using Channels.Routing;
using Channels.SocketIO;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>Our Socket.IO endpoint.</summary>
internal static class SocketIOPeerServer
{
    internal static async Task<IAsyncDisposable> StartAsync(int port)
    {
        var builder = ChannelsHost.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        builder.Services.AddChannels();
        var server = new SocketIOServer { { "/", Consumer.Of<SocketIORooms>() } };
        builder.Root = new ProtocolTypeRouter
        {
            ["http"] = new UrlRouter { { "socket.io/", server } },
            ["websocket"] = new UrlRouter { { "socket.io/", server } },
        };
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
