using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Turns what Kestrel knows about a request into a scope.</summary>
internal sealed class ScopeFactory(
    ChannelsServerOptions options, IServiceProvider services, IDictionary<string, object?>? state, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ForwardedHeaders _forwarded = new(options, loggers.CreateLogger("Channels.Server"), time);
    private readonly MountPoint _mount = MountPoint.TryParse(options.RootPath, out var mount) ? mount : MountPoint.Root; // checked already

    public HttpScope CreateHttp(RequestContext context, IHttpRequestFeature request, RequestHeaders headers, HttpExchange exchange)
    {
        var facts = Read(context, request, headers);
        exchange.Client = facts.Client?.Address;
        return new HttpScope
        {
            Method = request.Method,
            HttpVersion = facts.Version,
            Scheme = facts.IsTls ? "https" : "http",
            Path = facts.Path,
            RawPath = facts.RawPath,
            QueryString = facts.Query,
            RootPath = facts.RootPath,
            Headers = headers,
            Client = facts.Client,
            Server = facts.Server,
            Services = services,
            Aborted = exchange.Aborted,
            State = CopyState(),
            Exchange = exchange,
        };
    }

    // When it is aborted, the door adds.
    public WebSocketScope CreateWebSocket(RequestContext context, IHttpRequestFeature request, RequestHeaders headers, ServerExchange exchange)
    {
        var facts = Read(context, request, headers);
        return new WebSocketScope
        {
            HttpVersion = facts.Version,
            Scheme = facts.IsTls ? "wss" : "ws",
            Path = facts.Path,
            RawPath = facts.RawPath,
            QueryString = facts.Query,
            RootPath = facts.RootPath,
            Headers = headers,
            Client = facts.Client,
            Server = facts.Server,
            Services = services,
            State = CopyState(),
            Exchange = exchange,
        };
    }

    public PeerFacts GetPeer(RequestContext context)
    {
        return context.Peer ??= Read();

        PeerFacts Read()
        {
            var connection = context.Features.Get<IHttpConnectionFeature>();
            var transport = context.Features.Get<IConnectionLifetimeFeature>() as BaseConnectionContext;

            // The transport's own objects where they are as they should be: one per connection instead of two. They are not
            // where somebody in front of us has put the client's address in place of its proxy's.
            var client = transport?.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: false } peer && peer.Address.Equals(connection?.RemoteIpAddress) ? peer
                : connection?.RemoteIpAddress is { } remote ? new IPEndPoint(AddressText.Plain(remote), connection.RemotePort) : null;
            var local = transport?.LocalEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } or null && connection?.LocalIpAddress is { } address
                ? new IPEndPoint(AddressText.Plain(address), connection.LocalPort) : transport?.LocalEndPoint;
            return new(client, local, _forwarded.Trusts(client?.Address));
        }
    }

    // A shallow copy for each scope, so that replacing an entry stays private to it.
    private Dictionary<string, object?>? CopyState() => state is null or { Count: 0 } ? null : new(state, StringComparer.Ordinal);

    private RequestFacts Read(RequestContext context, IHttpRequestFeature request, RequestHeaders headers)
    {
        var peer = GetPeer(context);

        // A CONNECT over HTTP/2 has neither path nor query, nor a target. Whoever stands in front of us may have split the path.
        var root = request.PathBase ?? "";
        var given = root.Length > 0 ? root + request.Path : string.IsNullOrEmpty(request.Path) ? "/" : request.Path;
        var rawPath = RawPathOf(request.RawTarget ?? given, given);
        var path = PathOf(given, rawPath);
        var query = request.QueryString is { Length: > 1 } text ? text[1..] : "";
        var facts = new RequestFacts(
            VersionOf(request.Protocol), path, rawPath, query, root, peer.Client, peer.Server, IsTls(request.Scheme));
        if (peer.IsTrustedProxy)
        {
            facts = _forwarded.Apply(facts, request.Headers, headers);
        }

        if (facts.RootPath.Length == 0 && _mount != MountPoint.Root)
        {
            facts = IsUnder(path, _mount.Path) ? facts with { RootPath = _mount.Path } : facts.MountedAt(_mount);
        }

        return facts;
    }

    // As the server has found it, or whoever stands in front of us.
    private static bool IsTls(string? scheme) => "https".Equals(scheme, StringComparison.OrdinalIgnoreCase) || "wss".Equals(scheme, StringComparison.OrdinalIgnoreCase);

    private static bool IsUnder(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/');

    private static string VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        "HTTP/1.0" => "1.0",
        _ => protocol.StartsWith("HTTP/", StringComparison.Ordinal) ? protocol[5..] : protocol,
    };

    // Kestrel makes %2F of %252F as well as of %2F; what middleware in front of us has made of the path stands.
    private static string PathOf(string path, string raw) =>
        raw.Contains("%252", StringComparison.Ordinal) && RequestPath.Decode(raw, tellsSlashesApart: false) == path ? RequestPath.Decode(raw) : path;

    private static string RawPathOf(string target, string path)
    {
        if (string.Equals(target, path, StringComparison.Ordinal))
        {
            return path;
        }

        var end = target.IndexOf('?', StringComparison.Ordinal);
        var raw = end < 0 ? target : target[..end];

        // The absolute form (RFC 9112, section 3.2.2) carries scheme and authority in front of the path, which may be missing.
        if (raw.Length > 0 && raw[0] != '/' && raw.IndexOf("://", StringComparison.Ordinal) is var scheme && scheme > 0)
        {
            var start = raw.IndexOf('/', scheme + 3);
            return start < 0 ? "/" : raw[start..];
        }

        return raw;
    }
}
