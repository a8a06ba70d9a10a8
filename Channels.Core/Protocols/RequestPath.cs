using System.Buffers;
using System.Globalization;
using System.Text;

namespace Channels.Extending;

/// <summary>
/// From a request's path as it was sent to the path that applications see, the same for every server and for test communicators:
/// percent-encoding is taken off once, as UTF-8, then <c>.</c> and <c>..</c> are resolved (RFC 3986, section 5.2.4).
/// </summary>
/// <remarks>
/// An encoded slash stays encoded, however often it was encoded: decoded it would pass for a border between segments, and
/// <c>%2F</c> and <c>%252F</c> must not become the same path. Octets that are no UTF-8 stay encoded too.
/// </remarks>
public static class RequestPath
{
    private static readonly SearchValues<char> NotAsSent = SearchValues.Create([.. Enumerable.Range(0, 0x21).Append(0x7f).Select(c => (char)c)]);

    /// <summary>Decodes a path as it was sent.</summary>
    /// <param name="raw">The path, from its slash to its query.</param>
    /// <exception cref="FormatException">It holds <c>%00</c>, which servers answer with 400.</exception>
    public static string Decode(string raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        return Decode(raw, tellsSlashesApart: true);
    }

    /// <summary>As <see cref="Decode(string)"/>, or as servers do it that make <c>%2F</c> of <c>%252F</c>.</summary>
    internal static string Decode(string raw, bool tellsSlashesApart)
    {
        var path = raw.Contains('%', StringComparison.Ordinal) ? Unescape(raw, tellsSlashesApart) : raw;
        return path.Contains("/.", StringComparison.Ordinal) ? ResolveDots(path) : path;
    }

    /// <summary>
    /// Whether text can stand in a request's target: ASCII without blanks and control characters (RFC 3986, section 2). Servers
    /// answer other targets with 400.
    /// </summary>
    /// <param name="target">A target as it is sent, or a part of it.</param>
    public static bool IsSendable(ReadOnlySpan<char> target) => Ascii.IsValid(target) && !target.ContainsAny(NotAsSent);

    private static string Unescape(string raw, bool tellsSlashesApart)
    {
        var path = new StringBuilder(raw.Length);
        Span<byte> octets = stackalloc byte[4]; // the longest character of UTF-8
        for (var i = 0; i < raw.Length;)
        {
            if (raw[i] != '%')
            {
                path.Append(raw[i++]);
                continue;
            }

            var kept = LengthOfSlash(raw, i, tellsSlashesApart);
            if (kept == 0)
            {
                var count = ReadOctets(raw, i, octets);
                if (count > 0 && Rune.DecodeFromUtf8(octets[..count], out var character, out var used) == OperationStatus.Done)
                {
                    if (character.Value == 0)
                    {
                        throw new FormatException("A path cannot hold '%00'; servers answer it with 400.");
                    }

                    path.Append(character);
                    i += 3 * used;
                    continue;
                }

                kept = 1;
            }

            path.Append(raw, i, kept);
            i += kept;
        }

        return path.ToString();
    }

    // The length of an encoded slash: %2F, and if asked for %252F, %25252F and so on; 0 for something else.
    private static int LengthOfSlash(string raw, int start, bool anyDepth)
    {
        var i = start + 1;
        while (anyDepth && string.CompareOrdinal(raw, i, "25", 0, 2) == 0)
        {
            i += 2;
        }

        return string.Compare(raw, i, "2F", 0, 2, StringComparison.OrdinalIgnoreCase) == 0 ? i + 2 - start : 0;
    }

    private static int ReadOctets(string raw, int start, Span<byte> octets)
    {
        var count = 0;
        for (var i = start; count < octets.Length && i + 2 < raw.Length && raw[i] == '%'; i += 3)
        {
            if (!byte.TryParse(raw.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octets[count]))
            {
                break;
            }

            count++;
        }

        return count;
    }

    private static string ResolveDots(string path)
    {
        var segments = path.Split('/');
        var kept = new List<string>(segments.Length);
        for (var i = 1; i < segments.Length; i++) // the first is the nothing in front of the first slash
        {
            var last = i == segments.Length - 1;
            switch (segments[i])
            {
                case ".":
                case "..":
                    if (segments[i].Length == 2 && kept.Count > 0)
                    {
                        kept.RemoveAt(kept.Count - 1);
                    }

                    if (last)
                    {
                        kept.Add(""); // what they lead to is a folder
                    }

                    break;
                default:
                    kept.Add(segments[i]);
                    break;
            }
        }

        return "/" + string.Join('/', kept);
    }
}
