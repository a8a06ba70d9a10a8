using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Channels.Layers.Redis;

/// <summary>
/// One answer or push of a server in RESP2 or RESP3: its texts and numbers one after another, whatever they are nested in,
/// which is all that a connection for subscriptions needs. Used again for each frame; not thread-safe.
/// </summary>
internal sealed class RespFrame
{
    private readonly List<ReadOnlySequence<byte>> _parts = [];

    /// <summary>What the frame is, as the protocol marks it: <c>-</c> an error, <c>&gt;</c> a push, <c>*</c> a list.</summary>
    public char Kind { get; private set; }

    public int Count => _parts.Count;

    /// <summary>A part; valid until the buffer is given back.</summary>
    public ReadOnlySequence<byte> this[int index] => _parts[index];

    public string TextOf(int index) => Encoding.UTF8.GetString(_parts[index]);

    /// <summary>Whether a part is this text.</summary>
    public bool Is(int index, ReadOnlySpan<byte> text)
    {
        if (index >= _parts.Count || _parts[index].Length != text.Length)
        {
            return false;
        }

        var part = _parts[index];
        return part.IsSingleSegment ? part.FirstSpan.SequenceEqual(text) : part.ToArray().AsSpan().SequenceEqual(text);
    }

    /// <summary>Whether a part is this text, in ASCII.</summary>
    public bool Is(int index, string? text) => text is not null && index < _parts.Count && _parts[index].Length == text.Length && TextOf(index) == text;

    /// <summary>The part behind one that is this text: the value of a key in a map. Null when there is none.</summary>
    public string? ValueOf(ReadOnlySpan<byte> key)
    {
        for (var i = 0; i + 1 < _parts.Count; i += 2)
        {
            if (Is(i, key))
            {
                return TextOf(i + 1);
            }
        }

        return null;
    }

    /// <summary>Takes one frame off the buffer's start; false, and the buffer as it was, when it is not whole yet.</summary>
    /// <exception cref="FormatException">The bytes are not of this protocol.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer)
    {
        _parts.Clear();
        var reader = new SequenceReader<byte>(buffer);
        var isFirst = true;
        for (var open = 1L; open > 0; open--)
        {
            if (!reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8) || line.IsEmpty)
            {
                return false;
            }

            var mark = (char)line.FirstSpan[0];
            (Kind, isFirst) = (isFirst ? mark : Kind, false);
            var rest = line.Slice(1);
            switch (mark)
            {
                case '*' or '>' or '~':
                    open += Math.Max(0, NumberOf(rest));
                    break;
                case '%':
                    open += 2 * Math.Max(0, NumberOf(rest));
                    break;
                case '$' or '!' or '=':
                    if (!TryReadBulk(ref reader, NumberOf(rest)))
                    {
                        return false;
                    }

                    break;
                case '+' or '-' or ':' or ',' or '#' or '_' or '(':
                    _parts.Add(rest);
                    break;
                default:
                    throw new FormatException($"the server does not speak Redis' protocol: a frame begins with byte {(int)mark}");
            }
        }

        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private bool TryReadBulk(ref SequenceReader<byte> reader, long length)
    {
        if (length < 0)
        {
            _parts.Add(ReadOnlySequence<byte>.Empty); // null
            return true;
        }

        if (reader.Remaining < length + 2)
        {
            return false;
        }

        _parts.Add(reader.UnreadSequence.Slice(0, length));
        reader.Advance(length + 2);
        return true;
    }

    private static long NumberOf(in ReadOnlySequence<byte> digits)
    {
        Span<byte> copy = stackalloc byte[20];
        if (digits.Length <= copy.Length)
        {
            digits.CopyTo(copy);
            if (Utf8Parser.TryParse(copy[..(int)digits.Length], out long number, out var used) && used == digits.Length)
            {
                return number;
            }
        }

        throw new FormatException("the server does not speak Redis' protocol: a length is no number");
    }
}
