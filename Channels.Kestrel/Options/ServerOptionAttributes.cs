using System.Net;

namespace Channels.Kestrel;

/// <summary>A close code that tells of a server's end.</summary>
internal sealed class ShutdownCodeAttribute : CheckedOptionAttribute
{
    protected override string? Complain(object? value) => value is 1001 or 1012 ? null : $"is {value}: use 1012 (service restart) or 1001 (going away).";
}

/// <summary>Where a site is mounted.</summary>
internal sealed class MountPointAttribute : CheckedOptionAttribute
{
    protected override string? Complain(object? value) => (string?)value is "" or ['/', .., not '/']
        ? null
        : $"is '{value}': leave it empty, or begin with a slash and end without one, as in '/chat'.";
}

/// <summary>Text for a header.</summary>
internal sealed class HeaderValueAttribute : CheckedOptionAttribute
{
    protected override string? Complain(object? value) => HeaderText.IsValue((string?)value) ? null : "holds a control character: use visible text.";
}

/// <summary>Addresses and networks of proxies.</summary>
internal sealed class ProxiesAttribute : CheckedOptionAttribute
{
    /// <summary>Stands for peers on a unix socket.</summary>
    public const string Unix = "unix";

    protected override string? Complain(object? value)
    {
        var wrong = ((IList<string>)value!).FirstOrDefault(proxy => proxy != Unix && !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _));
        return wrong is null ? null : $"holds '{HeaderText.Escape(wrong)}': give an address such as 10.0.0.7, a network such as 10.0.0.0/8, or '{Unix}'.";
    }
}

/// <summary>Hosts and domains.</summary>
internal sealed class HostPatternsAttribute : CheckedOptionAttribute
{
    protected override string? Complain(object? value)
    {
        var wrong = ((IList<string>)value!).FirstOrDefault(pattern => !IsPattern(pattern));
        return wrong is null ? null : $"holds '{HeaderText.Escape(wrong)}': give a host name without port, such as example.com, .example.com, *.example.com or *.";
    }

    private static bool IsPattern(string pattern)
    {
        var name = pattern.StartsWith("*.", StringComparison.Ordinal) ? pattern[2..] : pattern.StartsWith('.') ? pattern[1..] : pattern;
        return pattern == "*" || name.Length > 0 && Uri.CheckHostName(name) != UriHostNameType.Unknown;
    }
}
