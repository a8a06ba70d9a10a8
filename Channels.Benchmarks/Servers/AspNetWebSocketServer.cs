using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Channels.Benchmarks;

/// <summary>ASP.NET Core's WebSocket middleware with a broadcast loop written by hand.</summary>
internal static class AspNetWebSocketServer
{
    private const int BufferBytes = 4096;

    internal static async Task<IAsyncDisposable> StartAsync(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var rooms = new WebSocketRooms();
        app.UseWebSockets();
        app.Map("/echo", static context => EchoAsync(context));
        app.Map("/group/{name}", (HttpContext context, string name) => rooms.ServeAsync(context, name));
        app.Map("/group-json/{name}", (HttpContext context, string name) => rooms.ServeJsonAsync(context, name));
        await app.StartAsync();
        return app;
    }

    /// <summary>Reads whole messages and hands each on, valid during the call only.</summary>
    internal static async Task ReadAsync(WebSocket socket, Func<ReadOnlyMemory<byte>, ValueTask> handle, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var length = 0;
        while (socket.State == WebSocketState.Open)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                return;
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                await handle(buffer.AsMemory(0, length));
                length = 0;
            }
            else if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await ReadAsync(socket, message => socket.SendAsync(message, WebSocketMessageType.Text, true, context.RequestAborted), context.RequestAborted);
    }
}
