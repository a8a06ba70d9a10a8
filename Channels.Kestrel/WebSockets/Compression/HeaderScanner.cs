namespace Channels.Kestrel;

/// <summary>Reads tokens, quoted values and separators of a header from left to right, each character at most twice.</summary>
internal ref struct HeaderScanner(string? text)
{
    private ReadOnlySpan<char> _rest = text.AsSpan().TrimStart(" \t");

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly bool IsAt(char separator) => !_rest.IsEmpty && _rest[0] == separator;

    public bool TrySkip(char separator)
    {
        if (!IsAt(separator))
        {
            return false;
        }

        Advance(1);
        return true;
    }

    public bool TryReadToken(out ReadOnlySpan<char> token)
    {
        token = _rest[..HeaderText.CountToken(_rest)];
        Advance(token.Length);
        return !token.IsEmpty;
    }

    /// <summary>A token, or a token in quotes (RFC 7692, section 5.2 allows both).</summary>
    public bool TryReadValue(out ReadOnlySpan<char> value)
    {
        if (!TrySkip('"'))
        {
            return TryReadToken(out value);
        }

        var end = _rest.IndexOf('"');
        value = end < 0 ? [] : _rest[..end];
        Advance(end + 1);
        return HeaderText.IsToken(value);
    }

    /// <summary>Goes behind the next separator that stands outside quotes; false when there is none.</summary>
    public bool SkipPast(char separator)
    {
        var quoted = false;
        for (var i = 0; i < _rest.Length; i++)
        {
            quoted ^= _rest[i] == '"';
            if (!quoted && _rest[i] == separator)
            {
                Advance(i + 1);
                return true;
            }
        }

        _rest = [];
        return false;
    }

    private void Advance(int count) => _rest = _rest[count..].TrimStart(" \t");
}
