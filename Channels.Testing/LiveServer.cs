using System.Net.WebSockets;
using Channels.Kestrel;
using Microsoft.Extensions.Logging;

namespace Channels.Testing;

/// <summary>
/// An application on a real server in this process, on a free port of 127.0.0.1, for tests that need real sockets.
/// Disposing stops it as a deployment would: connections are closed with code 1012, then the lifespan ends.
/// </summary>
/// <example>
/// <code>
/// await using var server = await LiveServer.StartAsync(app);
/// using var socket = await server.ConnectAsync("/ws/chat/lobby");
/// </code>
/// </example>
public sealed class LiveServer : IAsyncDisposable
{
    private LiveServer(ChannelsHost host)
    {
        Host = host;
        BaseAddress = new Uri(host.Addresses.First(address => address.StartsWith("http", StringComparison.Ordinal)));
    }

    /// <summary>The host.</summary>
    public ChannelsHost Host { get; }

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => Host.Services;

    /// <summary>Where the server listens, for example <c>http://127.0.0.1:54321/</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>Starts a server. Nothing is logged unless <paramref name="configure"/> adds a logger.</summary>
    /// <param name="root">The root application. It is asked about its lifespan, so a plain function throws <see cref="UnsupportedScopeException"/> for it.</param>
    /// <param name="configure">Changes the builder: services, limits, endpoints. Default nothing.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static Task<LiveServer> StartAsync(Application root, Action<ChannelsHostBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(root);
        return StartAsync(_ => root, configure, cancellationToken);
    }

    /// <summary>Starts a server whose root application is made from the host's services.</summary>
    /// <param name="root">Makes the root application.</param>
    /// <param name="configure">Changes the builder: services, limits, endpoints. Default nothing.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<LiveServer> StartAsync(Func<IServiceProvider, Application> root, Action<ChannelsHostBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        var builder = ChannelsHost.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.RootFactory = root;
        configure?.Invoke(builder);
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new LiveServer(host);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The address of a WebSocket on this server.</summary>
    /// <param name="path">The path, percent-encoded, with its query.</param>
    public Uri WebSocketAddress(string path) => new UriBuilder(new Uri(BaseAddress, path)) { Scheme = BaseAddress.Scheme == "https" ? "wss" : "ws" }.Uri;

    /// <summary>A new HTTP client of this server; the caller disposes it.</summary>
    public HttpClient CreateClient() => new() { BaseAddress = BaseAddress };

    /// <summary>Opens a WebSocket over HTTP/1.1.</summary>
    /// <param name="path">The path, percent-encoded, with its query.</param>
    /// <param name="configure">Changes the client's options: subprotocols, headers. Default nothing.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    /// <exception cref="WebSocketException">The server refused.</exception>
    public async Task<ClientWebSocket> ConnectAsync(string path, Action<ClientWebSocketOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        try
        {
            await socket.ConnectAsync(WebSocketAddress(path), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Stops the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync();
        await Host.DisposeAsync();
    }
}
