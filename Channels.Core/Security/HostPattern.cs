namespace Channels;

/// <summary>
/// Hosts that a list names: <c>example.com</c> itself, with <c>.example.com</c> its subdomains too, with
/// <c>*.example.com</c> those alone, as in ASP.NET Core's <c>AllowedHosts</c>. One rule for every list of the library.
/// </summary>
/// <param name="Host">In the form of <see cref="HostName"/>.</param>
/// <param name="MatchesDomain">Whether the host itself is meant.</param>
/// <param name="MatchesSubdomains">Whether its subdomains are meant.</param>
internal readonly record struct HostPattern(string Host, bool MatchesDomain, bool MatchesSubdomains)
{
    /// <summary>Takes the dots and the star off the front of an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="starIsSubdomains">Whether <c>*.</c> is understood.</param>
    /// <param name="name">What is left: a host, which the caller reads.</param>
    public static HostPattern Begin(ReadOnlySpan<char> entry, bool starIsSubdomains, out ReadOnlySpan<char> name)
    {
        var star = starIsSubdomains && entry.StartsWith("*.", StringComparison.Ordinal);
        var dot = !star && entry.StartsWith('.');
        name = entry[(star ? 2 : dot ? 1 : 0)..];
        return new("", MatchesDomain: !star, MatchesSubdomains: star || dot);
    }

    /// <summary>Reads an entry without scheme and port; an IPv6 address may lack its brackets.</summary>
    public static bool TryParse(string entry, out HostPattern pattern)
    {
        pattern = Begin(entry, starIsSubdomains: true, out var name);
        if (!HostName.TryNormalizeIPv6(name, out var host) && !HostName.TryNormalize(name, out host))
        {
            return false;
        }

        pattern = pattern with { Host = host };
        return true;
    }

    /// <param name="host">In the form of <see cref="HostName"/>, which has no empty labels.</param>
    public bool Matches(string host) => (MatchesDomain && host == Host) || (MatchesSubdomains && IsSubdomain(host));

    private bool IsSubdomain(string host) =>
        host.Length > Host.Length && host.EndsWith(Host, StringComparison.Ordinal) && host[^(Host.Length + 1)] == '.';
}
