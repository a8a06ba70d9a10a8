using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>Checks the host that a request names against <see cref="ChannelsServerOptions.AllowedHosts"/>.</summary>
internal sealed class HostFilter
{
    private readonly List<StringSegment> _patterns = [];

    public HostFilter(IList<string> patterns)
    {
        AllowsAll = patterns.Count == 0 || patterns.Contains("*");
        foreach (var pattern in patterns)
        {
            // Ours stand for the domain itself and all its subdomains; the framework's for the subdomains alone.
            var name = pattern.TrimStart('*').TrimStart('.');
            _patterns.Add(name);
            if (name != pattern)
            {
                _patterns.Add("*." + name);
            }
        }
    }

    public bool AllowsAll { get; }

    /// <summary>Whether a <c>Host</c> header, with or without port, names an allowed host.</summary>
    public bool Allows(string? host)
    {
        try
        {
            return AllowsAll || host is { Length: > 0 } && HostString.MatchesAny(host, _patterns);
        }
        catch (FormatException)
        {
            return false; // a port that is none
        }
    }
}
