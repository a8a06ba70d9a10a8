using System.Buffers;
using System.Globalization;
using System.Text;

namespace Channels.Kestrel;

/// <summary>
/// Where a site is mounted from the client's point of view. What can be read as another host (<c>//evil.com</c>,
/// <c>/%5Cevil.com</c>), climbs (<c>/..</c>) or hides a slash is no mount point, because applications build links from it.
/// </summary>
/// <param name="Path">Decoded, without a final slash; empty for the root.</param>
/// <param name="RawPath">The same as it stands in a request line.</param>
internal readonly record struct MountPoint(string Path, string RawPath)
{
    // RFC 3986, section 3.3, with the slash and the beginning of an encoded octet.
    private static readonly SearchValues<char> Legal = SearchValues.Create("!$%&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The root itself.</summary>
    public static MountPoint Root { get; } = new("", "");

    /// <summary>Reads a percent-encoded path; letters outside ASCII may stand as they are. Nothing, and a lone slash, mean the root.</summary>
    public static bool TryParse(string text, out MountPoint mount)
    {
        mount = Root;
        var raw = EncodeNonAscii(text.EndsWith('/') ? text[..^1] : text);
        if (raw.Length == 0)
        {
            return true;
        }

        if (raw[0] != '/' || raw.AsSpan().ContainsAnyExcept(Legal) || !TryDecode(raw, out var path) || !IsPlain(path) || path.AsSpan().Count('/') != raw.AsSpan().Count('/'))
        {
            return false;
        }

        mount = new MountPoint(path, raw);
        return true;
    }

    private static bool IsPlain(string path)
    {
        foreach (var c in path)
        {
            if (char.IsControl(c) || c == '\\')
            {
                return false;
            }
        }

        return path[1..].Split('/').All(segment => segment is not ("" or "." or ".."));
    }

    private static string EncodeNonAscii(string text) => Ascii.IsValid(text)
        ? text
        : string.Concat(text.EnumerateRunes().Select(rune => rune.IsAscii ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));

    private static bool TryDecode(string raw, out string path)
    {
        path = raw;
        if (!raw.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        var octets = new byte[raw.Length];
        var count = 0;
        for (var i = 0; i < raw.Length; i++, count++)
        {
            if (raw[i] != '%')
            {
                octets[count] = (byte)raw[i];
            }
            else if (i + 2 < raw.Length && byte.TryParse(raw.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octets[count]))
            {
                i += 2;
            }
            else
            {
                return false;
            }
        }

        try
        {
            path = Utf8.GetString(octets, 0, count);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
