using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Believes <c>X-Forwarded-*</c> headers of listed proxies only. In the list of addresses the right-most one
/// that is no listed proxy is the client: what stands left of it was written by people nobody trusts.
/// </summary>
internal sealed class ForwardedHeaders
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private const string Host = "X-Forwarded-Host";
    private const string Port = "X-Forwarded-Port";
    private const string Prefix = "X-Forwarded-Prefix";

    private readonly HashSet<IPAddress> _addresses = [];
    private readonly List<IPNetwork> _networks = [];
    private readonly bool _unix;

    public ForwardedHeaders(IEnumerable<string> proxies)
    {
        foreach (var proxy in proxies)
        {
            if (proxy == ProxiesAttribute.Unix)
            {
                _unix = true;
            }
            else if (IPAddress.TryParse(proxy, out var address))
            {
                _addresses.Add(Plain(address));
            }
            else
            {
                _networks.Add(IPNetwork.Parse(proxy));
            }
        }
    }

    /// <summary>Whether a peer is a listed proxy; null stands for a unix socket.</summary>
    public bool Trusts(IPAddress? peer)
    {
        if (peer is null)
        {
            return _unix;
        }

        var plain = Plain(peer);
        return _addresses.Contains(plain) || _networks.Exists(network => network.Contains(plain));
    }

    /// <summary>The facts as the proxy saw them; call only for trusted peers.</summary>
    public RequestFacts Apply(RequestFacts facts, IHeaderDictionary request, RequestHeaders shown)
    {
        if (FindClient(request[For]) is { } client)
        {
            facts = facts with { Client = client.Port != 0 ? client : new IPEndPoint(client.Address, PortOf(request[Port])) };
        }

        facts = Last(request[Proto]).ToLowerInvariant() switch
        {
            "https" or "wss" => facts with { IsTls = true },
            "http" or "ws" => facts with { IsTls = false },
            _ => facts,
        };
        if (Last(request[Host]) is { Length: > 0 } host)
        {
            shown.ForwardedHost = host;
        }

        if (request.TryGetValue(Prefix, out var mounted))
        {
            shown.Hidden = Prefix;
            var prefix = Uri.UnescapeDataString(Last(mounted)).TrimEnd('/');
            if (prefix.Length > 0 && prefix[0] == '/' && HeaderText.IsValue(prefix))
            {
                facts = facts.MountedAt(prefix);
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
                if (!TryParse(entries[i], out var entry))
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

    private static bool TryParse(string text, out IPEndPoint entry)
    {
        entry = null!;
        if (!text.Contains('.', StringComparison.Ordinal) && !text.Contains(':', StringComparison.Ordinal))
        {
            return false; // a bare number would be read as an address
        }

        // A bare IPv6 address must not lose its last group as a port, and one in brackets may have a port.
        if (text[0] != '[' && IPAddress.TryParse(text, out var address))
        {
            entry = new IPEndPoint(Plain(address), 0);
            return true;
        }

        var ok = IPEndPoint.TryParse(text, out var parsed);
        entry = parsed!;
        return ok;
    }

    private static int PortOf(StringValues header) =>
        ushort.TryParse(Last(header), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;

    /// <summary>The entry that the nearest proxy wrote.</summary>
    private static string Last(StringValues header)
    {
        var line = header.Count == 0 ? "" : header[^1] ?? "";
        return line[(line.LastIndexOf(',') + 1)..].Trim();
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
