using System.Text;
using Channels.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;

namespace Channels.Fuzzing;

/// <summary>The headers that the server reads: one value, taken for each of them. Header values are Latin-1 on the wire.</summary>
internal sealed class HeaderTarget : FuzzTarget
{
    private static readonly string[] Values =
    [
        "permessage-deflate; client_max_window_bits; server_max_window_bits=\"15\", permessage-deflate; a=\"x,y\"", "http://user@example.com:80/path", "https://xn--bcher-kva.example",
        "192.0.2.1:80, 10.1.2.3, [2001:db8::1]:443", "for=192.0.2.60;proto=http", "/api%2f%00", "chat, superchat, v1.json", "example.com:443", "[::1]:8080", "[", "a:b:c", "http://[::1%25eth0]",
    ];

    private static readonly string[] Forwarded = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix"];

    private readonly ForwardedHeaders _proxies = new(Believing(), NullLogger.Instance, TimeProvider.System);
    private readonly HostFilter _hosts = new(["example.com", "*.example.org", "[::1]"]);
    private readonly OriginPolicy _origins = OriginPolicy.AnyOf([".example.com", "https://other.example"]);

    public override IEnumerable<byte[]> Seeds => Values.Select(Encoding.Latin1.GetBytes);

    public override void Check(ReadOnlySpan<byte> input)
    {
        var value = Encoding.Latin1.GetString(input);
        CheckText(value);
        if (DeflateTerms.Choose(value, keepWindow: true) is { } terms)
        {
            Holds(value.Contains("permessage-deflate", StringComparison.Ordinal), "nothing is agreed to that was not offered");
            Holds(DeflateTerms.Choose(terms.ToHeader(), keepWindow: true) == terms, "what is agreed to could have been offered");
        }

        if (WebSocketHandshake.CheckCommon("13", "", value, out var offered) is null)
        {
            Holds(offered.All(token => HeaderText.IsToken(token)), "subprotocols are tokens");
        }

        _ = WebSocketHandshake.CheckUpgrade("GET", "HTTP/1.1", value);
        _ = WebSocketHandshake.Lists(value, "websocket");
        Holds(!_hosts.Allows(1, value, null) || value.Contains("example", StringComparison.OrdinalIgnoreCase) || value.Contains(':', StringComparison.Ordinal), "no other host is allowed");
        CheckOrigin(value);
        CheckForwarded(value);
    }

    private static ChannelsServerOptions Believing()
    {
        var options = new ChannelsServerOptions();
        Array.ForEach(["127.0.0.1", "10.0.0.0/8", "::1"], options.TrustedProxies.Add);
        Array.ForEach(["For", "Proto", "Host", "Port", "Prefix"], options.TrustedHeaders.Add);
        return options;
    }

    private static void CheckText(string value)
    {
        var shown = HeaderText.Escape(value);
        Holds(shown.Length <= (6 * 256) + 1 && !shown.Any(char.IsControl), "what is logged is short and has no controls");
        Holds(HeaderText.IsToken(value) ? HeaderText.IsValue(value) : value.Length >= 0, "a token is a value");
        _ = RequestCheck.Find(new HeaderDictionary { ["X-Any"] = value, ["Host"] = value });
    }

    private void CheckOrigin(string value)
    {
        var list = new HeaderList { { "host", "example.com" } };
        if (HeaderText.IsValue(value))
        {
            list.Add("origin", value);
        }

        Holds(_origins.FindRefusal(list) is not null || list.GetValues("origin").Count == 0 || value.Contains("example", StringComparison.OrdinalIgnoreCase), "no other origin is allowed");
        if (OriginAddress.TryParse(value, out var origin, out _))
        {
            Holds(origin.Host.Length is > 0 and <= 255 && Ascii.IsValid(origin.Host), "a host is ASCII");
        }
    }

    private void CheckForwarded(string value)
    {
        var headers = new HeaderDictionary();
        foreach (var name in Forwarded)
        {
            headers[name] = new StringValues([value, value]);
        }

        var facts = _proxies.Apply(new RequestFacts("1.1", "/", "/", "", "", null, null, false), headers, new RequestHeaders(headers));
        Holds(facts.RootPath.Length == 0 || (facts.RootPath[0] == '/' && HeaderText.IsValue(facts.RootPath) && facts.RootPath[^1] != '/'), "a mount point is a path");
    }
}
