namespace Channels;

/// <summary>
/// One entry of a list of allowed origins. Without a scheme only hosts are compared; with one, scheme and port too.
/// <c>.example.com</c> is the domain and its subdomains.
/// </summary>
internal sealed record OriginPattern(string? Scheme, HostPattern Hosts, int? Port)
{
    /// <summary>Reads an entry; null when it can never match.</summary>
    /// <param name="text">The entry.</param>
    /// <param name="starIsSubdomains">Whether <c>*.example.com</c> means the subdomains, as in ASP.NET's <c>AllowedHosts</c>.</param>
    /// <param name="remedy">Why it never matches, and what would.</param>
    public static OriginPattern? TryParse(string text, bool starIsSubdomains, out string remedy)
    {
        remedy = "";
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = slashes < 0 ? null : text[..slashes].ToLowerInvariant();
        if (scheme is not null && !OriginAddress.IsScheme(scheme))
        {
            remedy = "the part before '://' is not a scheme";
            return null;
        }

        var authority = slashes < 0 ? text.AsSpan() : text.AsSpan(slashes + 3).TrimEnd('/');
        var hosts = HostPattern.Begin(authority, starIsSubdomains, out var name);
        if (HostName.TryNormalizeIPv6(name, out var host))
        {
            return new(scheme, hosts with { Host = host }, DefaultPort(scheme));
        }

        if (scheme is null && !hosts.MatchesSubdomains && name.IndexOf(':') is var colon and > 0 && OriginAddress.IsScheme(name[..colon]))
        {
            // Compared without its port it would allow more than it says; the same entry matches nothing in Channels.
            remedy = $"a port needs a scheme: write http://{text} or, for any port, {name[..colon]}";
            return null;
        }

        if (!OriginAddress.TrySplit(name, out host, out var port))
        {
            remedy = authority.Contains('*') ? "'*' inside an entry is not a wildcard: write .example.com for a domain and its subdomains" : "it names no host";
            return null;
        }

        return new(scheme, hosts with { Host = host }, port ?? DefaultPort(scheme));
    }

    public bool Matches(in OriginAddress origin) =>
        (Scheme is null || (Scheme == origin.Scheme && Port == origin.EffectivePort && Port is not < 0)) &&
        Hosts.Matches(origin.Host);

    private static int? DefaultPort(string? scheme) => scheme is null ? null : OriginAddress.DefaultPort(scheme);
}
