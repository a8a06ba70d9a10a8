using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Channels.Kestrel;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging;

namespace Channels.Testing;

/// <summary>
/// An application on a real server in this process, on a free port of 127.0.0.1, for tests that need real sockets.
/// Disposing stops it as a deployment would: connections are closed with code 1012, then the lifespan ends.
/// Members are thread-safe.
/// </summary>
/// <remarks>
/// The callback of a start changes everything else: other endpoints through the keys <c>urls</c> or <c>Kestrel:Endpoints</c>
/// or in code, a logger that a test reads, a <see cref="ManualTimeProvider"/> in the services. Where the first endpoint is a
/// Unix socket (<c>http://unix:/tmp/app.sock</c>), clients of this class go through it. Requests may name any host unless
/// <c>Channels:Server:AllowedHosts</c> is set; set it to empty text for the rule of a server that listens on 127.0.0.1.
/// </remarks>
/// <example>
/// <code>
/// await using var server = await LiveServer.StartAsync(app);
/// using var socket = await server.ConnectAsync("/ws/chat/lobby");
/// </code>
/// </example>
public sealed class LiveServer : IAsyncDisposable
{
    private const string UnixPrefix = "http://unix:";

    // Weaker than whatever a test configures.
    private static readonly KeyValuePair<string, string?>[] Defaults = [new("Channels:Server:AllowedHosts", "*")];

    private readonly string? _unixSocket;
    private readonly Lazy<HttpClient> _http;

    private LiveServer(ChannelsHost host)
    {
        Host = host;
        var address = host.Addresses.First();
        _unixSocket = address.StartsWith(UnixPrefix, StringComparison.Ordinal) ? address[UnixPrefix.Length..] : null;
        BaseAddress = new Uri(_unixSocket is null ? address : "http://localhost/");
        _http = new Lazy<HttpClient>(() => CreateClient());
    }

    /// <summary>The host; its addresses are those of all endpoints.</summary>
    public ChannelsHost Host { get; }

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => Host.Services;

    /// <summary>Where the server listens, for example <c>http://127.0.0.1:54321/</c>: the first endpoint; <c>http://localhost/</c> when that is a Unix socket.</summary>
    public Uri BaseAddress { get; }

    /// <summary>An HTTP/1.1 client of this server, disposed with it.</summary>
    public HttpClient Http => _http.Value;

    /// <summary>Starts a server. Nothing is logged unless <paramref name="configure"/> adds a logger.</summary>
    /// <param name="root">The root application. It is asked about its lifespan; a plain function that knows of none belongs to <see cref="StartFunctionAsync"/>.</param>
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
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
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

    /// <summary>Starts a server for a plain function that serves connections and is not asked about a lifespan.</summary>
    /// <param name="function">The function, called once per request or socket.</param>
    /// <param name="configure">Changes the builder: services, limits, endpoints. Default nothing.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static Task<LiveServer> StartFunctionAsync(Application function, Action<ChannelsHostBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return StartAsync(
            (scope, receive, send) => scope is LifespanScope ? throw new UnsupportedScopeException("A plain function", scope, "http", "websocket") : function(scope, receive, send),
            configure,
            cancellationToken);
    }

    /// <summary>The address of a WebSocket on this server.</summary>
    /// <param name="path">The path, percent-encoded, with its query.</param>
    public Uri WebSocketAddress(string path) => new UriBuilder(new Uri(BaseAddress, path)) { Scheme = BaseAddress.Scheme == "https" ? "wss" : "ws" }.Uri;

    /// <summary>A new HTTP client of this server; the caller disposes it.</summary>
    /// <param name="version">
    /// The version of HTTP that it speaks and insists on; null for 1.1. With 2.0 it speaks HTTP/2 from the first octet
    /// (prior knowledge), which a plain endpoint understands when its protocols are set to <c>Http2</c>.
    /// </param>
    public HttpClient CreateClient(Version? version = null) => new(CreateHandler())
    {
        BaseAddress = BaseAddress,
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>Opens a WebSocket over HTTP/1.1, or over HTTP/2 when <paramref name="configure"/> asks for it.</summary>
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
            // An invoker lives as long as its connection, which the socket owns from here on.
            var invoker = _unixSocket is null && socket.Options.HttpVersion.Major == 1 ? null : new HttpMessageInvoker(CreateHandler());
            await socket.ConnectAsync(WebSocketAddress(path), invoker, cancellationToken);
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
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }

        await Host.StopAsync();
        await Host.DisposeAsync();
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
        if (_unixSocket is { } path)
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return handler;
    }
}
