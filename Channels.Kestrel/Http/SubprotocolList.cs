using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>The subprotocols that a client offers, over one or several header lines (RFC 6455, section 11.3.4).</summary>
internal static class SubprotocolList
{
    public static IReadOnlyList<string> Parse(StringValues header)
    {
        if (header.Count == 0)
        {
            return [];
        }

        var offered = new List<string>();
        foreach (var line in header)
        {
            offered.AddRange((line ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        return offered;
    }
}
