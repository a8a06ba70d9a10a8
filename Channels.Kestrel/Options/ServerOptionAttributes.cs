namespace Channels.Kestrel;

/// <summary>A close code that tells of a server's end.</summary>
internal sealed class ShutdownCodeAttribute : CheckedOptionAttribute
{
    public override string? Complain(object? value) => value is 1001 or 1012 ? null : $"is {value}: use 1012 (service restart) or 1001 (going away).";
}

/// <summary>Where a site is mounted.</summary>
internal sealed class MountPointAttribute : CheckedOptionAttribute
{
    public override string? Complain(object? value) => value is string text and not [.., '/'] && MountPoint.TryParse(text, out _)
        ? null
        : $"is '{HeaderText.Escape((string?)value)}': leave it empty, or begin with a slash and end without one, as in '/chat', without empty, '.' or '..' segments and with what cannot stand in a URL as %20.";
}

/// <summary>Text for a header.</summary>
internal sealed class HeaderValueAttribute : CheckedOptionAttribute
{
    public override string? Complain(object? value) => HeaderText.IsValue((string?)value) ? null : "holds a control character: use visible text.";
}

/// <summary>Addresses and networks of proxies.</summary>
internal sealed class ProxiesAttribute : CheckedOptionAttribute
{
    /// <summary>Stands for peers on a unix socket.</summary>
    public const string Unix = "unix";

    public override string? Complain(object? value)
    {
        var wrong = ((IList<string>)value!).FirstOrDefault(proxy => proxy != Unix && !AddressText.TryParse(proxy, out _) && !AddressText.TryParseNetwork(proxy, out _));
        return wrong is null ? null : $"holds '{HeaderText.Escape(wrong)}': give an address such as 10.0.0.7, a network such as 10.0.0.0/8, or '{Unix}'.";
    }
}

/// <summary>A file mode in octal digits.</summary>
internal sealed class OctalModeAttribute : CheckedOptionAttribute
{
    public override string? Complain(object? value) => Parse((string?)value) is not null
        ? null
        : $"is '{HeaderText.Escape((string?)value)}': give three octal digits as for chmod, such as 666 (everybody may connect), 660 (owner and group) or 600.";

    /// <summary>The mode; null when the text is none.</summary>
    public static UnixFileMode? Parse(string? text)
    {
        var digits = text is ['0', _, _, _] ? text[1..] : text;
        return digits is not { Length: 3 } || digits.AsSpan().ContainsAnyExceptInRange('0', '7')
            ? null
            : (UnixFileMode)((digits[0] - '0') << 6 | (digits[1] - '0') << 3 | (digits[2] - '0'));
    }
}

/// <summary>Hosts and domains.</summary>
internal sealed class HostPatternsAttribute : CheckedOptionAttribute
{
    public override string? Complain(object? value)
    {
        var wrong = ((IList<string>)value!).FirstOrDefault(entry => entry != "*" && !HostPattern.TryParse(entry, out _));
        return wrong is null ? null : $"holds '{HeaderText.Escape(wrong)}': give a host name without port, such as example.com, .example.com, *.example.com or *.";
    }
}

/// <summary>Names of forwarded headers, without their common beginning.</summary>
internal sealed class ForwardedHeaderNamesAttribute : CheckedOptionAttribute
{
    /// <summary>What nearly every proxy sets, so that a client's own never comes through.</summary>
    public static IList<string> Default { get; } = ["For", "Proto"];

    private static readonly string[] Known = ["For", "Proto", "Host", "Port", "Prefix"];

    public override string? Complain(object? value)
    {
        var wrong = ((IList<string>)value!).FirstOrDefault(name => !Known.Contains(name, StringComparer.OrdinalIgnoreCase));
        return wrong is null ? null : $"holds '{HeaderText.Escape(wrong)}': name X-Forwarded-* headers by their ends: {string.Join(", ", Known)}.";
    }
}
