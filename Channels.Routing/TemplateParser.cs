using System.Buffers;
using System.Text;

namespace Channels.Routing;

/// <summary>Reads path templates; every mistake is reported with its position, at the moment the route is added.</summary>
internal sealed class TemplateParser(string template, IReadOnlyDictionary<string, IPathConverter> converters)
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly List<TemplateSegment> _segments = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly StringBuilder _literal = new();
    private int _at;

    // The segment being read: its placeholder, and the literal text before it.
    private string _prefix = "";
    private string? _name;
    private string _converterName = "";
    private IPathConverter? _converter;

    /// <summary>The segments, and whether a slash ends the template.</summary>
    /// <exception cref="ArgumentException">The template is not valid.</exception>
    public (TemplateSegment[] Segments, bool TrailingSlash) Parse()
    {
        if (template.StartsWith('/'))
        {
            _at = 1;
        }

        var trailingSlash = false;
        while (_at < template.Length)
        {
            trailingSlash = template[_at] == '/';
            if (trailingSlash)
            {
                EndSegment();
                _at++;
            }
            else
            {
                ReadPart();
            }
        }

        if (_literal.Length > 0 || _converter is not null)
        {
            EndSegment();
        }

        return ([.. _segments], trailingSlash && _segments.Count > 0);
    }

    private void ReadPart()
    {
        var c = template[_at];
        var doubled = _at + 1 < template.Length && template[_at + 1] == c;
        switch (c)
        {
            case '{' or '}' when doubled:
                _literal.Append(c);
                _at += 2;
                break;
            case '{':
                ReadPlaceholder();
                break;
            case '}':
                throw Invalid(_at, "'}' closes nothing; write '}}' for a brace in the path");
            case '<' or '>':
                throw Invalid(_at, "placeholders are written in braces: {room:slug}, not <slug:room>");
            case '?' or '#':
                throw Invalid(_at, $"'{c}' never stands in a path; read the query from the scope's QueryString");
            case var _ when char.IsControl(c) || char.IsWhiteSpace(c):
                throw Invalid(_at, "white space and control characters are not allowed");
            default:
                _literal.Append(c);
                _at++;
                break;
        }
    }

    private void ReadPlaceholder()
    {
        var open = _at;
        if (_converter is not null)
        {
            throw Invalid(open, "one segment holds one placeholder; use a Regex for more");
        }

        var close = template.IndexOf('}', open);
        if (close < 0)
        {
            throw Invalid(open, "'{' is never closed; write '{{' for a brace in the path");
        }

        var text = template[(open + 1)..close];
        var catchAll = text.StartsWith("**", StringComparison.Ordinal);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = catchAll ? text[2..] : colon < 0 ? text : text[..colon];
        CheckName(open + (catchAll ? 3 : 1), name);
        (_converterName, _converter) = catchAll ? ("**", BuiltInConverters.CatchAll) : FindConverter(open + 2 + colon, colon < 0 ? null : text[(colon + 1)..]);
        _prefix = _literal.ToString();
        _name = name;
        _literal.Clear();
        _at = close + 1;
    }

    private void CheckName(int position, string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw Invalid(position, $"'{name}' is not a placeholder's name: use ASCII letters, digits and '_', not beginning with a digit; '{{**rest}}' takes the rest of the path");
        }

        if (!_names.Add(name))
        {
            throw Invalid(position, $"the placeholder '{name}' occurs twice");
        }
    }

    private (string Name, IPathConverter Converter) FindConverter(int position, string? name)
    {
        name ??= BuiltInConverters.Default;
        return converters.TryGetValue(name, out var converter)
            ? (name, converter)
            : throw Invalid(position, $"the converter '{name}' is not known; known are: {string.Join(", ", converters.Keys.Order(StringComparer.Ordinal))}");
    }

    private void EndSegment()
    {
        var literal = _literal.ToString();
        var segment = _converter is null
            ? new TemplateSegment(literal, null, "", null, "")
            : new TemplateSegment(_prefix, _name, _converterName, _converter, literal);
        if (segment is { IsLiteral: true, Prefix.Length: 0 })
        {
            throw Invalid(_at, "a segment is empty; slashes never stand side by side in a template");
        }

        if (_segments is [.., { SpansSegments: true } rest])
        {
            throw Invalid(_at, $"'{{{rest.Name}}}' takes the rest of the path, so that nothing can follow it; use a Regex");
        }

        if (segment.SpansSegments && (segment.Prefix.Length > 0 || segment.Suffix.Length > 0))
        {
            throw Invalid(_at, $"'{{{segment.Name}}}' takes the rest of the path, so that it must stand alone between slashes; use a Regex");
        }

        _segments.Add(segment);
        _literal.Clear();
        _converter = null;
    }

    private ArgumentException Invalid(int position, string why) =>
        new($"The template '{template}' is not valid at position {position}: {why}.");
}
