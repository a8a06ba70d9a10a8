using System.Buffers;
using System.Globalization;

namespace Channels;

/// <summary>
/// An <c>Origin</c> header taken apart (RFC 6454, section 7). Reading never throws, whatever the peer has written.
/// </summary>
/// <param name="Scheme">Lower case; empty when there is none (<c>//example.com</c>).</param>
/// <param name="Host">In the form of <see cref="HostName"/>.</param>
/// <param name="Port">The port written; null for none, -1 when it is out of range.</param>
/// <param name="IsExact">True when nothing but scheme, host and port was written, as browsers do.</param>
internal readonly record struct OriginAddress(string Scheme, string Host, int? Port, bool IsExact)
{
    private const int MaxLength = 2048;

    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The port written, or the scheme's own; null for schemes without ports.</summary>
    public int? EffectivePort => Port ?? DefaultPort(Scheme);

    public static int? DefaultPort(string scheme) => scheme switch
    {
        "http" or "ws" => 80,
        "https" or "wss" => 443,
        _ => null,
    };

    /// <summary>
    /// False for anything without a host: <c>null</c>, empty text, <c>file://</c>, <c>example.com</c>; and, with
    /// <paramref name="malformed"/>, for a host or port that is none: <c>http://[bad</c>.
    /// </summary>
    public static bool TryParse(string text, out OriginAddress origin, out bool malformed)
    {
        origin = default;
        malformed = false;
        var slashes = text.IndexOf("//", StringComparison.Ordinal);
        if (slashes < 0 || text.Length > MaxLength || !TryReadScheme(text.AsSpan(0, slashes), out var scheme))
        {
            return false;
        }

        var rest = text.AsSpan(slashes + 2);
        var end = rest.IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        var at = authority.LastIndexOf('@');
        if (!TrySplit(authority[(at + 1)..], out var host, out var port))
        {
            malformed = !authority.IsEmpty;
            return false;
        }

        origin = new(scheme, host, port, at < 0 && end < 0);
        return true;
    }

    /// <summary>Reads <c>host</c> or <c>host:port</c>, as in a <c>Host</c> header.</summary>
    public static bool TrySplit(ReadOnlySpan<char> authority, out string host, out int? port)
    {
        port = null;
        var hostEnd = authority.StartsWith("[", StringComparison.Ordinal) ? authority.IndexOf(']') + 1 : authority.IndexOf(':');
        var name = hostEnd <= 0 ? authority : authority[..hostEnd];
        var tail = authority[name.Length..];
        return HostName.TryNormalize(name, out host) && TryReadPort(tail, ref port);
    }

    /// <summary>Whether the text could be a URL's scheme (RFC 3986, section 3.1).</summary>
    public static bool IsScheme(ReadOnlySpan<char> text) =>
        !text.IsEmpty && char.IsAsciiLetter(text[0]) && !text.ContainsAnyExcept(SchemeCharacters);

    private static bool TryReadScheme(ReadOnlySpan<char> text, out string scheme)
    {
        scheme = "";
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[^1] != ':' || !IsScheme(text[..^1]))
        {
            return false;
        }

        scheme = text[..^1].ToString().ToLowerInvariant();
        return true;
    }

    // ":" alone means no port, as in RFC 3986, section 3.2.3.
    private static bool TryReadPort(ReadOnlySpan<char> tail, ref int? port)
    {
        if (tail.Length <= 1)
        {
            return tail.IsEmpty || tail[0] == ':';
        }

        if (tail[0] != ':' || tail[1..].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        port = ushort.TryParse(tail[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        return true;
    }
}
