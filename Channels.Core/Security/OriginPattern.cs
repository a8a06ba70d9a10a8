namespace Channels;

/// <summary>
/// One entry of a list of allowed origins (channels.md 7.5). Without a scheme only hosts are compared; with one, scheme
/// and port too. <c>.example.com</c> is the domain and its subdomains.
/// </summary>
internal sealed record OriginPattern
{
    private string? Scheme { get; init; }

    private string Host { get; init; } = "";

    private int? Port { get; init; }

    private bool MatchesDomain { get; init; } = true;

    private bool MatchesSubdomains { get; init; }

    /// <summary>Reads an entry; false when it can never match, with what to write instead.</summary>
    /// <param name="text">The entry.</param>
    /// <param name="wildcards">Whether <c>*.example.com</c> means the subdomains, as in ASP.NET's <c>AllowedHosts</c>.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="remedy">Why it never matches, and what would.</param>
    public static bool TryParse(string text, bool wildcards, out OriginPattern? pattern, out string remedy)
    {
        pattern = null;
        remedy = "";
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = slashes < 0 ? null : text[..slashes].ToLowerInvariant();
        if (scheme is not null && !OriginAddress.IsScheme(scheme))
        {
            remedy = "the part before '://' is not a scheme";
            return false;
        }

        var authority = slashes < 0 ? text.AsSpan() : text.AsSpan(slashes + 3).TrimEnd('/');
        var subdomainsOnly = wildcards && authority.StartsWith("*.", StringComparison.Ordinal);
        var subdomains = subdomainsOnly || authority.StartsWith('.');
        var name = authority[(subdomainsOnly ? 2 : subdomains ? 1 : 0)..];
        if (scheme is null && !subdomains && !HostName.TryNormalizeIPv6(name, out _) && name.IndexOf(':') is var colon and > 0 && OriginAddress.IsScheme(name[..colon]))
        {
            // Compared without its port it would allow more than it says; the same entry matches nothing in Channels.
            remedy = $"a port needs a scheme: write http://{text} or, for any port, {name[..colon]}";
            return false;
        }

        if (!OriginAddress.TrySplit(name, out var host, out var port) && !HostName.TryNormalizeIPv6(name, out host))
        {
            remedy = authority.Contains('*') ? "'*' inside an entry is not a wildcard: write .example.com for a domain and its subdomains" : "it names no host";
            return false;
        }

        pattern = new() { Scheme = scheme, Host = host, Port = port ?? (scheme is null ? null : OriginAddress.DefaultPort(scheme)), MatchesDomain = !subdomainsOnly, MatchesSubdomains = subdomains };
        return true;
    }

    public bool Matches(in OriginAddress origin) =>
        (Scheme is null || (Scheme == origin.Scheme && Port == origin.EffectivePort && Port is not < 0)) && MatchesHost(origin.Host);

    private bool MatchesHost(string host)
    {
        if (MatchesDomain && host == Host)
        {
            return true;
        }

        return MatchesSubdomains && host.Length > Host.Length &&
            host.EndsWith(Host, StringComparison.Ordinal) && host[^(Host.Length + 1)] == '.';
    }
}
