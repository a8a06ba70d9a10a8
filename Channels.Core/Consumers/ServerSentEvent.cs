using System.Buffers;
using System.Globalization;
using System.Text;

namespace Channels;

/// <summary>The wire form of server-sent events (WHATWG HTML, section 9.2.5).</summary>
internal static class ServerSentEvent
{
    private static readonly SearchValues<char> LineBreaks = SearchValues.Create('\r', '\n');

    public static byte[] Encode(string data, string? name, string? id, TimeSpan? retry)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (name.AsSpan().ContainsAny(LineBreaks))
        {
            throw new ArgumentException("The name of an event holds a line break, which would begin a field of its own.", nameof(name));
        }

        if (id.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new ArgumentException("The id of an event holds a line break or NUL; clients would misread or ignore it.", nameof(id));
        }

        var text = new StringBuilder(data.Length + 16);
        if (name is not null)
        {
            text.Append("event: ").Append(name).Append('\n');
        }

        if (id is not null)
        {
            text.Append("id: ").Append(id).Append('\n');
        }

        if (retry is { } wait)
        {
            text.Append(Retry(wait));
        }

        AppendLines(text, "data: ", data);
        return StrictUtf8.GetBytes(text.Append('\n').ToString());
    }

    /// <summary>When to come back, without an event.</summary>
    public static byte[] EncodeRetry(TimeSpan wait) => StrictUtf8.GetBytes($"{Retry(wait)}\n");

    public static byte[] EncodeComment(string comment)
    {
        ArgumentNullException.ThrowIfNull(comment);
        var text = new StringBuilder(comment.Length + 4);
        AppendLines(text, comment.Length == 0 ? ":" : ": ", comment);
        return StrictUtf8.GetBytes(text.Append('\n').ToString());
    }

    private static string Retry(TimeSpan wait) => string.Create(CultureInfo.InvariantCulture, $"retry: {(long)wait.TotalMilliseconds}\n");

    // CR, LF and CR LF all end a line in the format, so each must begin a new field.
    private static void AppendLines(StringBuilder text, string field, ReadOnlySpan<char> lines)
    {
        while (true)
        {
            var end = lines.IndexOfAny(LineBreaks);
            text.Append(field).Append(end < 0 ? lines : lines[..end]).Append('\n');
            if (end < 0)
            {
                return;
            }

            lines = lines[(end + (lines[end..].StartsWith("\r\n") ? 2 : 1))..];
        }
    }
}
