using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Proxies;

/// <summary>A server behind a proxy of the guides. It tells what each request looked like, and listens as one of the examples says.</summary>
internal sealed class GuideSite : IAsyncDisposable
{
    private static readonly string[] Forwarded = ["for", "proto", "host", "port", "prefix"];

    private readonly TestFolder _folder;
    private readonly LiveServer _server;
    private readonly ProxyProcess _proxy;
    private readonly List<string> _seen;

    private GuideSite(TestFolder folder, LiveServer server, ProxyProcess proxy, List<string> seen)
    {
        (_folder, _server, _proxy, _seen) = (folder, server, proxy, seen);
        Client = new PublicClient(proxy.Port);
    }

    /// <summary>The proxies and ways to the server that the guides show.</summary>
    public static IReadOnlyList<string> Ways { get; } = ["nginx", "nginx unix", "haproxy", "haproxy unix", "haproxy h2"];

    public PublicClient Client { get; }

    /// <summary>What has reached the application: method and path of each request.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    /// <summary>Starts the server and the proxy in front of it.</summary>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="change">Changes the proxy's configuration further.</param>
    /// <param name="configure">Changes the server further.</param>
    public static async Task<GuideSite> StartAsync(string way, Func<string, string>? change = null, Action<ChannelsHostBuilder>? configure = null)
    {
        var folder = new TestFolder();
        var unix = way.EndsWith("unix", StringComparison.Ordinal) ? folder.PathOf("chat.sock") : null;
        var settings = new Dictionary<string, string?>
        {
            ["Channels:Server:AllowedHosts:0"] = "example.com",
            ["Channels:Server:TrustedProxies:0"] = unix is null ? "127.0.0.1" : "unix",
            ["urls"] = unix is null ? "http://127.0.0.1:0" : $"http://unix:{unix}",
        };
        if (way.EndsWith("h2", StringComparison.Ordinal))
        {
            settings["urls"] = "";
            settings["Kestrel:Endpoints:Web:Url"] = "http://127.0.0.1:0";
            settings["Kestrel:Endpoints:Web:Protocols"] = "Http2";
        }

        // A deployment that believes all of them relies on the proxy to let none through.
        for (var i = 0; i < Forwarded.Length; i++)
        {
            settings[$"Channels:Server:TrustedHeaders:{i}"] = Forwarded[i];
        }

        var seen = new List<string>();
        var server = await LiveServer.StartFunctionAsync((scope, receive, send) => AnswerAsync((RequestScope)scope, receive, send, seen), builder =>
        {
            builder.Set(settings);
            configure?.Invoke(builder);
        });
        try
        {
            return new GuideSite(folder, server, await StartProxyAsync(way, unix, unix is null ? $"127.0.0.1:{server.Port}" : "", change ?? (text => text)), seen);
        }
        catch
        {
            await server.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static Task<ProxyProcess> StartProxyAsync(string way, string? unix, string address, Func<string, string> change)
    {
        if (way.StartsWith("nginx", StringComparison.Ordinal))
        {
            var site = GuideBlock.Of("deployment.md", "nginx");
            var upstream = site[site.IndexOf("upstream", StringComparison.Ordinal)..site.IndexOf("server {", StringComparison.Ordinal)];
            return ProxyProcess.StartNginxAsync(change(unix is null
                ? site.With("127.0.0.1:8000", address)
                : site.With(upstream, GuideBlock.Of("deployment.md", "nginx upstream", "unix:").With("/run/chat.sock", unix))));
        }

        var configuration = GuideBlock.Of("several-machines.md", "haproxy");
        var servers = configuration[configuration.IndexOf("    server one", StringComparison.Ordinal)..];
        return ProxyProcess.StartHaproxyAsync(change(way switch
        {
            "haproxy unix" => configuration.With(servers, GuideBlock.Of("deployment.md", "haproxy server", "unix@").With("/run/chat.sock", unix!)), // this way has one
            "haproxy h2" => configuration.With(servers, GuideBlock.Of("deployment.md", "haproxy server", "proto h2").With("10.0.0.11:8000", address)),
            _ => configuration.With("10.0.0.11:8000", address).With("10.0.0.12:8000", address),
        }));
    }

    private static async Task AnswerAsync(RequestScope scope, Receive receive, Send send, List<string> seen)
    {
        lock (seen)
        {
            seen.Add($"{(scope as HttpScope)?.Method ?? "socket"} {scope.Path}");
        }

        var forwarded = scope.Headers.Select(header => header.Key).Where(name => name.Replace('_', '-') is "forwarded" or ['x', '-', 'f', 'o', 'r', 'w', ..]).Distinct().Order();
        var text = $"{scope.Client} {scope.Scheme} {scope.Headers["host"]} '{scope.RootPath}' {scope.Path} [{string.Join(' ', forwarded)}]";
        if (scope is HttpScope)
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody(System.Text.Encoding.UTF8.GetBytes(text)));
            return;
        }

        await receive();
        await send(new WebSocketAccept());
        await send(WebSocketSend.FromText(text));
        while (await receive() is not WebSocketDisconnect)
        {
        }
    }
}
