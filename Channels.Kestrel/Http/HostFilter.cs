using Microsoft.Extensions.Primitives;

namespace Channels.Kestrel;

/// <summary>Checks the host that a request names against <see cref="ChannelsServerOptions.AllowedHosts"/> (SEC-08).</summary>
internal sealed class HostFilter
{
    private readonly string[] _exact;
    private readonly string[] _suffixes;
    private readonly bool _any;

    public HostFilter(IEnumerable<string> patterns)
    {
        var all = patterns.ToArray();
        _any = all.Length == 0 || all.Contains("*");
        _suffixes = [.. all.Where(IsWild).Select(pattern => pattern[pattern.IndexOf('.', StringComparison.Ordinal)..])];
        _exact = [.. all.Where(pattern => !IsWild(pattern)), .. _suffixes.Select(suffix => suffix[1..])];
    }

    public bool AllowsAll => _any;

    public static bool IsPattern(string pattern)
    {
        var name = pattern.StartsWith("*.", StringComparison.Ordinal) ? pattern[2..] : pattern.StartsWith('.') ? pattern[1..] : pattern;
        return pattern == "*" || name.Length > 0 && Uri.CheckHostName(name) != UriHostNameType.Unknown;
    }

    /// <summary>Whether a <c>Host</c> header, with or without port, names an allowed host.</summary>
    public bool Allows(StringValues header)
    {
        if (_any)
        {
            return true;
        }

        if (header.Count != 1 || header[0] is not { Length: > 0 } value)
        {
            return false;
        }

        var host = NameOf(value);
        foreach (var exact in _exact)
        {
            if (host.Equals(exact, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var suffix in _suffixes)
        {
            if (host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWild(string pattern) => pattern.StartsWith('.') || pattern.StartsWith("*.", StringComparison.Ordinal);

    private static ReadOnlySpan<char> NameOf(string value)
    {
        var end = value[0] == '[' ? value.IndexOf(']', StringComparison.Ordinal) + 1 : value.IndexOf(':', StringComparison.Ordinal);
        return end <= 0 ? value : value.AsSpan(0, end);
    }
}
