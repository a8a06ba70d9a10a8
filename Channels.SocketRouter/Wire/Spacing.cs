using System.Buffers;

namespace Channels.SocketRouter;

/// <summary>Puts a space behind each colon and comma of a JSON text that has no white space between its tokens.</summary>
internal static class Spacing
{
    private static readonly SearchValues<byte> Marks = SearchValues.Create("\",:"u8);

    /// <summary>How long the text becomes.</summary>
    public static int LengthOf(ReadOnlySpan<byte> json)
    {
        var length = json.Length;
        while (NextSeparator(json) is var at and >= 0)
        {
            length++;
            json = json[(at + 1)..];
        }

        return length;
    }

    /// <summary>Writes it; returns how much.</summary>
    public static int Write(ReadOnlySpan<byte> json, Span<byte> target)
    {
        var written = 0;
        while (NextSeparator(json) is var at and >= 0)
        {
            json[..(at + 1)].CopyTo(target[written..]);
            written += at + 1;
            target[written++] = (byte)' ';
            json = json[(at + 1)..];
        }

        json.CopyTo(target[written..]);
        return written + json.Length;
    }

    // Of what follows a separator or the beginning: never inside a text.
    private static int NextSeparator(ReadOnlySpan<byte> json)
    {
        for (var at = 0; json[at..].IndexOfAny(Marks) is var step and >= 0;)
        {
            at += step;
            if (json[at] != '"')
            {
                return at;
            }

            at = EndOfText(json, at + 1);
        }

        return -1;
    }

    // Behind the closing quote.
    private static int EndOfText(ReadOnlySpan<byte> json, int at)
    {
        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\'); // the text is whole
            if (json[at] == '"')
            {
                return at + 1;
            }

            at += 2;
        }
    }
}
