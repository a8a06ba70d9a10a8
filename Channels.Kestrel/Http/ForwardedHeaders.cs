using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Believes those <c>X-Forwarded-*</c> headers that the deployment names, of listed proxies only. In the list of addresses
/// the right-most one that is no listed proxy is the client: what stands left of it was written by people nobody trusts. A
/// value that is no address, port, host or path counts as absent.
/// </summary>
internal sealed partial class ForwardedHeaders
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private const string Host = "X-Forwarded-Host";
    private const string Port = "X-Forwarded-Port";
    private const string Prefix = "X-Forwarded-Prefix";

    private readonly HashSet<IPAddress> _addresses = [];
    private readonly List<IPNetwork> _networks = [];
    private readonly bool _unix;
    private readonly bool _for;
    private readonly bool _proto;
    private readonly bool _host;
    private readonly bool _port;
    private readonly bool _prefix;
    private readonly ILogger _logger;
    private readonly Episode _nonsense;

    public ForwardedHeaders(ChannelsServerOptions options, ILogger logger, TimeProvider time)
    {
        (_logger, _nonsense) = (logger, new Episode(time));
        foreach (var proxy in options.TrustedProxies)
        {
            if (proxy == ProxiesAttribute.Unix)
            {
                _unix = true;
            }
            else if (AddressText.TryParse(proxy, out var address))
            {
                _addresses.Add(address);
            }
            else if (AddressText.TryParseNetwork(proxy, out var network))
            {
                _networks.Add(network);
            }
        }

        var trusted = options.TrustedHeaders is { Count: > 0 } named ? named : ForwardedHeaderNamesAttribute.Default;
        (_for, _proto, _host, _port, _prefix) = (Trusted("For"), Trusted("Proto"), Trusted("Host"), Trusted("Port"), Trusted("Prefix"));

        bool Trusted(string name) => trusted.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether a peer is a listed proxy; null stands for a unix socket.</summary>
    public bool Trusts(IPAddress? peer)
    {
        if (peer is null)
        {
            return _unix;
        }

        var plain = AddressText.Plain(peer);
        return _addresses.Contains(plain) || IsInNetwork(plain);
    }

    // Without a lambda, which would be made for each connection.
    private bool IsInNetwork(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The facts as the proxy saw them; call only for trusted peers.</summary>
    public RequestFacts Apply(RequestFacts facts, IHeaderDictionary request, RequestHeaders shown)
    {
        if (_for && FindClient(request[For]) is { } client)
        {
            facts = facts with { Client = client.Port == 0 && _port ? new IPEndPoint(client.Address, PortOf(request[Port])) : client };
        }

        if (_proto)
        {
            facts = Last(request[Proto]).ToLowerInvariant() switch
            {
                "https" or "wss" => facts with { IsTls = true },
                "http" or "ws" => facts with { IsTls = false },
                _ => facts,
            };
        }

        if (_host && Last(request[Host]) is { Length: > 0 } host)
        {
            if (Ascii.IsValid(host) && OriginAddress.TrySplit(host, out _, out var port) && port is null or > 0)
            {
                shown.ForwardedHost = host;
            }
            else
            {
                Complain(Host);
            }
        }

        if (_prefix && request.TryGetValue(Prefix, out var mounted))
        {
            shown.Hidden = Prefix;
            if (!MountPoint.TryParse(Last(mounted), out var mount))
            {
                Complain(Prefix);
            }
            else if (mount != MountPoint.Root)
            {
                facts = facts.MountedAt(mount);
            }
        }

        return facts;
    }

    private IPEndPoint? FindClient(StringValues header)
    {
        IPEndPoint? found = null;
        for (var line = header.Count - 1; line >= 0; line--)
        {
            var entries = (header[line] ?? "").Split(',', StringSplitOptions.TrimEntries);
            for (var i = entries.Length - 1; i >= 0; i--)
            {
                // Text that is no address ends the walk: nothing left of it can be believed.
                if (!AddressText.TryParseEndPoint(entries[i], out var entry))
                {
                    return found;
                }

                found = entry;
                if (!Trusts(entry.Address))
                {
                    return found;
                }
            }
        }

        return found;
    }

    private int PortOf(StringValues header)
    {
        if (!AddressText.TryParsePort(Last(header), out var port) && header.Count > 0)
        {
            Complain(Port);
        }

        return port;
    }

    /// <summary>The entry that the nearest proxy wrote.</summary>
    private static string Last(StringValues header)
    {
        var line = header.Count == 0 ? "" : header[^1] ?? "";
        return line[(line.LastIndexOf(',') + 1)..].Trim();
    }

    // The proxy seems to hand on what strangers write.
    private void Complain(string header)
    {
        if (_nonsense.Begins())
        {
            Log.Nonsense(_logger, header);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1016, LogLevel.Warning, "A listed proxy sends an {Header} that is no host, port or path; it is ignored. Let the proxy set or delete this header, or take it out of Channels:Server:TrustedHeaders.")]
        public static partial void Nonsense(ILogger logger, string header);
    }
}
