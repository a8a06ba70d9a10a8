using System.Buffers;
using System.Globalization;
using System.Text;

namespace Channels.Extending;

/// <summary>What may stand in a header, and how peer text is written into logs and errors.</summary>
public static class HeaderText
{
    private static readonly SearchValues<char> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // NEL, which some parsers take for a line end (CVE-2026-44546). Apart from the set below, because sets of ASCII
    // characters are searched much faster.
    private const char NextLine = '\u0085';

    // Every C0 control but the tab, and DEL.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(c => c != '\t').Select(c => (char)c), '\u007f']);

    /// <summary>True when <paramref name="name"/> is a non-empty token (RFC 9110, section 5.6.2).</summary>
    /// <param name="name">The text to check.</param>
    public static bool IsToken(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(Token);

    /// <summary>How many characters at the beginning of a text are those of a token.</summary>
    internal static int CountToken(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Token) is >= 0 and var end ? end : text.Length;

    /// <summary>True when <paramref name="value"/> holds no control character other than the tab.</summary>
    /// <param name="value">The text to check.</param>
    public static bool IsValue(ReadOnlySpan<char> value) => !value.ContainsAny(Forbidden) && !value.Contains(NextLine);

    /// <summary>
    /// Peer text for a log line or an error message: controls, bidirectional marks and surrogates escaped as
    /// <c>\uXXXX</c>, at most 256 characters.
    /// </summary>
    /// <param name="text">The text; null gives an empty string.</param>
    public static string Escape(string? text)
    {
        const int most = 256;
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var plain = text.Length <= most;
        var shown = plain ? text : text[..most];
        foreach (var c in shown)
        {
            plain &= !IsUnsafe(c);
        }

        if (plain)
        {
            return shown;
        }

        var escaped = new StringBuilder(shown.Length + 16);
        foreach (var c in shown)
        {
            _ = IsUnsafe(c) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : escaped.Append(c);
        }

        return text.Length > most ? escaped.Append('…').ToString() : escaped.ToString();
    }

    /// <summary>As <see cref="Escape"/>, for a text that others wrote and may have ended with a full stop, to stand within a sentence.</summary>
    internal static string Clause(string? text) => Escape(text?.TrimEnd('.'));

    private static bool IsUnsafe(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or
        UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;
}
