namespace Channels;

/// <summary>A list of allowed origins, read once; immutable.</summary>
internal sealed class OriginList
{
    private readonly OriginPattern[] _patterns;
    private readonly bool _anything;
    private readonly MissingOrigin _missing;

    public OriginList(IEnumerable<string> entries, MissingOrigin missing, bool wildcards = false)
    {
        _missing = missing;
        var patterns = new List<OriginPattern>();
        var useless = new List<(string Entry, string Remedy)>();
        foreach (var entry in entries)
        {
            ArgumentNullException.ThrowIfNull(entry, nameof(entries));
            if (entry == "*")
            {
                _anything = true;
            }
            else if (OriginPattern.TryParse(entry, wildcards, out var pattern, out var remedy))
            {
                patterns.Add(pattern!); // set when the entry could be read
            }
            else
            {
                useless.Add((entry, remedy));
            }
        }

        _patterns = [.. patterns];
        Useless = useless;
    }

    /// <summary>Entries that can never match, with the reason.</summary>
    public IReadOnlyList<(string Entry, string Remedy)> Useless { get; }

    /// <summary>Why the request is refused, in a few words; null when it is let in. Never throws.</summary>
    public string? FindObjection(IHeaders headers)
    {
        var origins = headers.GetValues("origin");
        switch (origins.Count)
        {
            case 0:
                return _anything || _missing == MissingOrigin.Allow ? null : "is missing";
            case > 1:
                return "was sent more than once"; // two parsers might choose different ones (SEC-10)
            default:
                return FindObjection(origins[0]);
        }
    }

    private string? FindObjection(string text)
    {
        if (!OriginAddress.TryParse(text, out var origin, out var malformed))
        {
            return malformed ? "is malformed" : _anything ? null : "names no host";
        }

        if (_anything)
        {
            return null;
        }

        foreach (var pattern in _patterns)
        {
            if (pattern.Matches(origin))
            {
                return null;
            }
        }

        return "is not allowed";
    }
}
