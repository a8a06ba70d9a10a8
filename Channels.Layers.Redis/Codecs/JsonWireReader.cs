using System.Globalization;
using System.Text;

namespace Channels.Layers.Redis;

/// <summary>
/// Reads JSON written by anybody. <see cref="System.Text.Json"/> cannot be used: Python writes the bare words NaN,
/// Infinity and -Infinity, and whether a number has a point decides its type.
/// </summary>
internal ref struct JsonWireReader
{
    public const int MaxDepth = MsgpackReader.MaxDepth;
    private static readonly double PythonNaN = BitConverter.UInt64BitsToDouble(0x7ff8_0000_0000_0000); // .NET's own has the sign bit set
    private readonly ReadOnlySpan<char> _text;
    private int _position;

    private JsonWireReader(ReadOnlySpan<char> text) => _text = text;

    /// <summary>Reads exactly one object; the map is the caller's own.</summary>
    public static MessageMap ReadMap(ReadOnlySpan<char> text)
    {
        var reader = new JsonWireReader(text);
        reader.SkipSpace();
        var map = reader.Peek() == '{' ? reader.ReadMap(1) : throw reader.Unexpected();
        reader.SkipSpace();
        return reader._position == text.Length ? map : throw reader.Unexpected();
    }

    private MessageValue ReadValue(int depth)
    {
        SkipSpace();
        switch (Peek())
        {
            case '{':
                return ReadMap(depth);
            case '[':
                return ReadList(depth);
            case '"':
                return ReadText();
            case '-' when TryWord("-Infinity"):
                return double.NegativeInfinity;
            case '-' or (>= '0' and <= '9'):
                return ReadNumber();
            default:
                return TryWord("true") ? true
                    : TryWord("false") ? false
                    : TryWord("null") ? MessageValue.Null
                    : TryWord("NaN") ? PythonNaN
                    : TryWord("Infinity") ? double.PositiveInfinity
                    : throw Unexpected();
        }
    }

    private MessageMap ReadMap(int depth)
    {
        ThrowIfTooDeep(depth);
        _position++;
        var map = new MessageMap();
        if (TryEnd('}'))
        {
            return map;
        }

        do
        {
            SkipSpace();
            var key = Peek() == '"' ? ReadText() : throw Unexpected();
            Expect(':');
            map[key] = ReadValue(depth + 1);
        }
        while (TryEnd(','));
        Expect('}');
        return map;
    }

    private MessageValue ReadList(int depth)
    {
        ThrowIfTooDeep(depth);
        _position++;
        if (TryEnd(']'))
        {
            return Array.Empty<MessageValue>();
        }

        var items = new List<MessageValue>();
        do
        {
            items.Add(ReadValue(depth + 1));
        }
        while (TryEnd(','));
        Expect(']');
        return items.ToArray();
    }

    private MessageValue ReadNumber()
    {
        var start = _position;
        _position += Peek() == '-' ? 1 : 0;
        var whole = Digits();
        if (whole == 0 || (whole > 1 && _text[_position - whole] == '0'))
        {
            throw Unexpected();
        }

        var isDouble = false;
        if (Peek() == '.')
        {
            isDouble = true;
            _position++;
            _ = Digits() > 0 ? true : throw Unexpected();
        }

        if (Peek() is 'e' or 'E')
        {
            isDouble = true;
            _position++;
            _position += Peek() is '+' or '-' ? 1 : 0;
            _ = Digits() > 0 ? true : throw Unexpected();
        }

        var number = _text[start.._position];
        if (isDouble)
        {
            return double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        return long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed) ? signed
            : ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned) ? MessageValue.FromUInt64(unsigned)
            : throw new FormatException("An integer does not fit into 64 bits.");
    }

    private string ReadText()
    {
        _position++;
        StringBuilder? unescaped = null;
        while (true)
        {
            var rest = _text[_position..];
            var stop = rest.IndexOfAny('"', '\\');
            var plain = stop < 0 ? throw new FormatException("A text does not end.") : rest[..stop];
            _position += stop + 1;
            if (plain.ContainsAnyInRange('\0', '\x1f'))
            {
                throw new FormatException("A text holds a control character that is not escaped.");
            }

            if (rest[stop] == '"')
            {
                var text = unescaped is null ? plain.ToString() : unescaped.Append(plain).ToString();
                return unescaped is null || StrictUtf8.IsWellFormed(text) ? text : throw new FormatException("A text holds half of a surrogate pair.");
            }

            (unescaped ??= new()).Append(plain).Append(ReadEscape());
        }
    }

    private char ReadEscape()
    {
        var character = Peek();
        _position++;
        switch (character)
        {
            case '"' or '\\' or '/':
                return character;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _position + 4 <= _text.Length
                && ushort.TryParse(_text.Slice(_position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                _position += 4;
                return (char)code;
            default:
                throw new FormatException($"An escape in a text is not known, at character {_position - 1}.");
        }
    }

    private int Digits()
    {
        var start = _position;
        while (Peek() is >= '0' and <= '9')
        {
            _position++;
        }

        return _position - start;
    }

    private bool TryWord(string word)
    {
        var found = _text[_position..].StartsWith(word, StringComparison.Ordinal);
        _position += found ? word.Length : 0;
        return found;
    }

    private bool TryEnd(char mark)
    {
        SkipSpace();
        var found = Peek() == mark;
        _position += found ? 1 : 0;
        return found;
    }

    private void Expect(char mark) => _ = TryEnd(mark) ? true : throw Unexpected();

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r')
        {
            _position++;
        }
    }

    private readonly char Peek() => _position < _text.Length ? _text[_position] : '\0';

    private readonly FormatException Unexpected() => new($"The text is not JSON: something else was expected at character {_position}.");

    private static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException($"More than {MaxDepth} lists and maps are nested in each other.");
        }
    }
}
