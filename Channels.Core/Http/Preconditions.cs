using System.Globalization;

namespace Channels;

/// <summary>What a request demands of the state that its target is in (RFC 9110, section 13).</summary>
/// <param name="tag">The target's entity tag, a strong one, in its quotes.</param>
/// <param name="changed">When the target was changed last, in whole seconds.</param>
internal readonly struct Preconditions(string tag, DateTimeOffset changed)
{
    // The three forms of dates (section 5.6.7); the last two are obsolete, but must be understood.
    private static readonly string[] DateForms = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    /// <summary>In the order of section 13.2.2: 412 or 304 when the answer is not the target itself, 0 when it is.</summary>
    /// <param name="headers">The fields of a GET or HEAD request.</param>
    public int Check(IHeaders headers)
    {
        if (headers.GetValues("if-match") is { Count: > 0 } match)
        {
            if (!IsAmong(match, weakly: false))
            {
                return 412;
            }
        }
        else if (DateOf(headers, "if-unmodified-since") is { } unmodified && changed > unmodified)
        {
            return 412;
        }

        if (headers.GetValues("if-none-match") is { Count: > 0 } noneMatch)
        {
            return IsAmong(noneMatch, weakly: true) ? 304 : 0;
        }

        return DateOf(headers, "if-modified-since") is { } modified && changed <= modified ? 304 : 0;
    }

    /// <summary>Whether a range may be taken from the target: what the client has of it is still right (section 13.1.5).</summary>
    /// <param name="headers">The fields of a request with a range.</param>
    public bool AllowRange(IHeaders headers)
    {
        var values = headers.GetValues("if-range");
        return values.Count == 0 || (values.Count == 1 && (values[0].Trim() == tag || DateOf(headers, "if-range") == changed));
    }

    // A date that is no date, or stands there twice, is ignored.
    private static DateTimeOffset? DateOf(IHeaders headers, string name) =>
        headers.GetValues(name) is [var text] && DateTimeOffset.TryParseExact(
            text, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date) ? date : null;

    // Commas may stand within a tag's quotes, so that a list is read from tag to tag (section 8.8.3).
    private bool IsAmong(IReadOnlyList<string> lines, bool weakly)
    {
        foreach (var line in lines)
        {
            var rest = line.AsSpan().Trim(" \t,");
            if (rest is "*")
            {
                return true;
            }

            while (!rest.IsEmpty)
            {
                var isWeak = rest.StartsWith("W/", StringComparison.Ordinal);
                var quoted = isWeak ? rest[2..] : rest;
                var end = quoted.StartsWith('"') ? quoted[1..].IndexOf('"') + 2 : 1;
                if (end < 2)
                {
                    break; // no tag: what follows cannot be told apart
                }

                if (quoted[..end].SequenceEqual(tag) && (weakly || !isWeak))
                {
                    return true;
                }

                rest = quoted[end..].TrimStart(" \t,");
            }
        }

        return false;
    }
}
