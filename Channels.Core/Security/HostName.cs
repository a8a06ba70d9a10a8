using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Channels;

/// <summary>Brings host names into the one form in which they are compared: ASCII, lower case, IPv6 without brackets.</summary>
internal static class HostName
{
    private static readonly SearchValues<char> Legal = SearchValues.Create("-._0123456789abcdefghijklmnopqrstuvwxyz");

    // No mapping of look-alike letters: a name that only looks like another becomes a different ASCII form.
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    /// <summary>
    /// The comparable form of a name, an IPv4 address, or an IPv6 address in brackets; false for anything else, a name with an
    /// empty label among it: <c>a..example.com</c> is no subdomain of anything.
    /// </summary>
    public static bool TryNormalize(ReadOnlySpan<char> text, out string host)
    {
        host = "";
        if (text.IsEmpty || text.Length > 255)
        {
            return false;
        }

        if (text[0] == '[')
        {
            return text[^1] == ']' && TryNormalizeIPv6(text[1..^1], out host);
        }

        var name = text.ToString().ToLowerInvariant();
        if (!Ascii.IsValid(name) && !TryEncode(ref name))
        {
            return false;
        }

        host = name;
        return !name.AsSpan().ContainsAnyExcept(Legal) && name[0] != '.' && !name.Contains("..", StringComparison.Ordinal);
    }

    /// <summary>The comparable form of an IPv6 address without brackets.</summary>
    public static bool TryNormalizeIPv6(ReadOnlySpan<char> text, out string host)
    {
        host = "";

        // A zone index has no meaning to the other side.
        if (text.Contains('%') || !text.Contains(':') ||
            !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        host = address.ToString();
        return true;
    }

    private static bool TryEncode(ref string name)
    {
        try
        {
            name = Idn.GetAscii(name);
            return true;
        }
        catch (ArgumentException)
        {
            return false; // not a name that any resolver would know
        }
    }
}
