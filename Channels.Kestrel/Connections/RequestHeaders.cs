using System.Collections;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>
/// Kestrel's request headers as an application sees them: names in lower case, no name with an underscore (it could
/// pass for one with a dash behind some proxies), a trusted proxy's host in place of the request's. Kestrel reuses the
/// fields for the connection's next request, so they can be read only until <see cref="Detach"/>.
/// </summary>
internal sealed class RequestHeaders(IHeaderDictionary headers) : IHeaders
{
    private static readonly FrozenDictionary<string, string> LowerCase = new[]
    {
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length",
        "Content-Type", "Cookie", "Date", "DNT", "Expect", "Forwarded", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
        "If-Unmodified-Since", "Keep-Alive", "Origin", "Pragma", "Priority", "Range", "Referer", "Sec-CH-UA", "Sec-CH-UA-Mobile",
        "Sec-CH-UA-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "TE", "Traceparent", "Tracestate", "Trailer",
        "Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Requested-With",
    }.ToFrozenDictionary(name => name, name => name.ToLowerInvariant(), StringComparer.Ordinal);

    private volatile IHeaderDictionary? _fields = headers;

    /// <summary>The host that a trusted proxy was asked for; replaces the request's own. Null for none.</summary>
    public string? ForwardedHost { get; set; }

    /// <summary>A header that the server has used up and the application does not see; null for none.</summary>
    public string? Hidden { get; set; }

    private IHeaderDictionary Fields => _fields
        ?? throw new InvalidOperationException("The headers of a request can be read only while it is served; copy what is needed later.");

    public string? this[string name]
    {
        get
        {
            var values = Find(name);
            return values.Count == 0 ? null : values[0];
        }
    }

    public IReadOnlyList<string> GetValues(string name)
    {
        var values = Find(name);
        return values.Count == 0 ? [] : (string[])values.ToArray()!; // Kestrel's values are never null
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        foreach (var (name, values) in Fields)
        {
            if (!IsVisible(name))
            {
                continue;
            }

            var shown = LowerCase.GetValueOrDefault(name) ?? name.ToLowerInvariant();
            if (ForwardedHost is { } host && shown == "host")
            {
                yield return new(shown, host);
                continue;
            }

            foreach (var value in values)
            {
                yield return new(shown, value!);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Ends the access to Kestrel's fields.</summary>
    public void Detach() => _fields = null;

    /// <summary>Goes on with a copy, for an application that outlives its request.</summary>
    public void Keep()
    {
        var copy = new HeaderDictionary();
        foreach (var (name, values) in Fields)
        {
            copy[name] = values;
        }

        _fields = copy;
    }

    private StringValues Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var fields = Fields;
        return ForwardedHost is { } host && name.Equals("host", StringComparison.OrdinalIgnoreCase) ? host
            : !IsVisible(name) ? StringValues.Empty
            : fields[name];
    }

    private bool IsVisible(string name) => !name.Contains('_', StringComparison.Ordinal) && !name.StartsWith(':')
        && (Hidden is null || !name.Equals(Hidden, StringComparison.OrdinalIgnoreCase));
}
