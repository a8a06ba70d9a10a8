using System.Net;
using System.Net.WebSockets;
using System.Text;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>Somebody's ASP.NET Core site on Kestrel, with clients for it.</summary>
internal sealed class WebSite : IAsyncDisposable
{
    private WebSite(WebApplication app, LogRecord log)
    {
        (App, Log) = (app, log);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address };
    }

    public WebApplication App { get; }

    public LogRecord Log { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Starts a site with Channels' services.</summary>
    /// <param name="map">Its middleware and endpoints.</param>
    /// <param name="configure">Its services.</param>
    /// <param name="http2">Whether it speaks HTTP/2 alone.</param>
    public static async Task<WebSite> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, bool http2 = false)
    {
        var builder = WebApplication.CreateBuilder();
        var log = new LogRecord();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Services.AddChannels();
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new WebSite(app, log);
    }

    /// <summary>Opens a WebSocket.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string path, Action<ClientWebSocket>? configure = null)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket);
        try
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            await socket.ConnectAsync(new UriBuilder(new Uri(Address, path)) { Scheme = "ws" }.Uri, socket.Options.HttpVersion.Major == 1 ? null : new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false }), limit.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The status with which a WebSocket is refused.</summary>
    public async Task<HttpStatusCode> RefusalAsync(string path, Action<ClientWebSocket>? configure = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket);
        using var limit = new CancellationTokenSource(Eventually.Patience);
        Assert.CatchAsync<WebSocketException>(() => socket.ConnectAsync(new UriBuilder(new Uri(Address, path)) { Scheme = "ws" }.Uri, limit.Token));
        return await Task.FromResult(socket.HttpStatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var drain = new CancellationTokenSource(Eventually.Patience);
        await App.StopAsync(drain.Token);
        await App.DisposeAsync();
    }
}

/// <summary>Text over a client's WebSocket, with a limit so that a broken test ends.</summary>
internal static class SocketText
{
    extension(WebSocket socket)
    {
        public Task SendTextAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        /// <summary>The next message, or the code and reason of the close, as in <c>close 1012 …</c>.</summary>
        public async Task<string> ReadTextAsync()
        {
            using var limit = new CancellationTokenSource(Eventually.Patience);
            var buffer = new byte[64 * 1024];
            var length = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), limit.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return $"close {(int?)socket.CloseStatus} {socket.CloseStatusDescription}".TrimEnd();
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    return Encoding.UTF8.GetString(buffer, 0, length);
                }
            }
        }
    }
}
