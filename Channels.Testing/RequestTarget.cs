using System.Net;

namespace Channels.Testing;

/// <summary>The path, query and host of a path or a full URL, as a server would see them.</summary>
internal readonly record struct RequestTarget(string Path, string RawPath, string Query, string Host)
{
    public static IPEndPoint Client { get; } = new(IPAddress.Loopback, 50000);

    public HeaderList Headers => new() { { "host", Host } };

    // The whole server is asked, not a resource (RFC 9110, section 7.1): applications see its root.
    private static RequestTarget Server { get; } = new("/", "*", "", "localhost");

    public static RequestTarget Parse(string target, string method)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        if (target == Server.RawPath)
        {
            return method == "OPTIONS" ? Server : throw new ArgumentException($"{method} asks for a resource, not for '*', which servers answer with 405: only OPTIONS may.", nameof(target));
        }

        var host = "localhost";
        var rest = target;
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && target.AsSpan(0, scheme).IndexOfAny('/', '?') < 0)
        {
            var authority = target[(scheme + 3)..];
            var end = authority.AsSpan().IndexOfAny("/?#");
            rest = end < 0 ? "/" : authority[end..];
            authority = end < 0 ? authority : authority[..end];
            host = authority[(authority.LastIndexOf('@') + 1)..];
        }

        rest = rest.Split('#', 2)[0];
        var parts = rest.Split('?', 2);
        var path = parts[0].StartsWith('/') ? parts[0] : "/" + parts[0];
        if (!RequestPath.IsSendable(rest))
        {
            throw new ArgumentException($"'{HeaderText.Escape(rest)}' holds a blank, a control character or text that is not ASCII, which servers answer with 400: percent-encode it, as in '%C3%A9%20a' for 'é a'.", nameof(target));
        }

        try
        {
            return new(RequestPath.Decode(path), path, parts.Length > 1 ? parts[1] : "", host);
        }
        catch (FormatException error)
        {
            throw new ArgumentException(error.Message, nameof(target), error);
        }
    }
}
