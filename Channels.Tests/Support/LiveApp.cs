using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Kestrel;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Support;

/// <summary>
/// Any application on a real server on a free port of 127.0.0.1:
/// <c>await using var app = await LiveApp.StartAsync(async (scope, receive, send) => …);</c>
/// Plain functions need not know about lifespan: they are asked about it only with <c>lifespan: true</c>.
/// </summary>
internal sealed class LiveApp : IAsyncDisposable
{
    private LiveApp(ChannelsHost host)
    {
        Host = host;
        Url = new Uri(host.Addresses.First(address => address.StartsWith("http", StringComparison.Ordinal)));
        Http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(20) };
    }

    public ChannelsHost Host { get; }

    public IServiceProvider Services => Host.Services;

    /// <summary>Where the server listens, for example <c>http://127.0.0.1:54321/</c>.</summary>
    public Uri Url { get; }

    public int Port => Url.Port;

    /// <summary>A client of this server.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts a server; <paramref name="configure"/> sees the builder after the test's defaults.</summary>
    public static async Task<LiveApp> StartAsync(Application root, Action<ChannelsHostBuilder>? configure = null, bool lifespan = false, params string[] args)
    {
        var host = Build(root, configure, lifespan, args);
        await host.StartAsync();
        return new LiveApp(host);
    }

    /// <summary>The same host, not started.</summary>
    public static ChannelsHost Build(Application root, Action<ChannelsHostBuilder>? configure = null, bool lifespan = false, params string[] args)
    {
        var builder = ChannelsHost.CreateBuilder(args.Any(arg => arg.Contains("urls", StringComparison.Ordinal)) ? args : [.. args, "--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Root = lifespan ? root : WithoutLifespan.Around(root);
        configure?.Invoke(builder);
        return builder.Build();
    }

    public Uri WebSocketUrl(string path) => new($"ws://127.0.0.1:{Port}{path}");

    /// <summary>Sends raw bytes and returns everything the server answers until it closes, or <paramref name="until"/> appears.</summary>
    public async Task<string> SendRawAsync(string request, string? until = null) => await SendRawAsync(Encoding.Latin1.GetBytes(request), until);

    /// <inheritdoc cref="SendRawAsync(string, string?)"/>
    public async Task<string> SendRawAsync(byte[] request, string? until = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = await ConnectAsync();
        await socket.SendAsync(request, limit.Token);
        return await ReadAsync(socket, until, limit.Token);
    }

    /// <summary>A bare TCP connection to the server.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return socket;
    }

    /// <summary>Reads until the end of the connection, or until the text read so far contains <paramref name="until"/>.</summary>
    public static async Task<string> ReadAsync(Socket socket, string? until = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (until is null || !text.ToString().Contains(until, StringComparison.Ordinal))
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (SocketException)
            {
                break; // a reset ends the answer like a close
            }

            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.StopAsync();
        await Host.DisposeAsync();
    }

    /// <summary>Answers for a plain function that it has no lifespan.</summary>
    private sealed class WithoutLifespan(Application inner) : ApplicationMiddleware(inner)
    {
        public static Application Around(Application inner) => new WithoutLifespan(inner);

        public override Task InvokeAsync(Scope scope, Receive receive, Send send) =>
            scope is LifespanScope ? throw new UnsupportedScopeException("A test's application", scope, "http", "websocket") : Inner(scope, receive, send);
    }
}
