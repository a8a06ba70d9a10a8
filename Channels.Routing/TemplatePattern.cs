namespace Channels.Routing;

/// <summary>
/// A path template, compared segment by segment in one pass without backtracking. A slash at its end is optional in
/// the path; as a prefix it matches whole segments only.
/// </summary>
internal sealed class TemplatePattern : PathPattern
{
    private readonly TemplateSegment[] _segments;
    private readonly string[] _names;
    private readonly bool _trailingSlash;

    public TemplatePattern(string template, IReadOnlyDictionary<string, IPathConverter> converters)
    {
        (_segments, _trailingSlash) = new TemplateParser(template, converters).Parse();
        _names = [.. _segments.Where(s => !s.IsLiteral).Select(s => s.Name!)]; // a placeholder always has a name
        Template = template.StartsWith('/') ? template[1..] : template;
        Shape = string.Join('/', _segments.Select(s => s.Shape));
        LiteralPrefix = [.. _segments.TakeWhile(s => s.IsLiteral).Select(s => s.Prefix)];
    }

    public override string Template { get; }

    public override string Shape { get; }

    public override IReadOnlyList<string> LiteralPrefix { get; }

    public override bool TryMatch(string path, int start, bool asPrefix, out PatternMatch match)
    {
        match = default;
        object?[] values = [];
        var captured = 0;
        var at = start;
        var slash = false; // whether a slash stands before 'at'
        foreach (var segment in _segments)
        {
            var text = segment.SpansSegments ? Rest(path, at, asPrefix, out slash) : Segment(path, at, out slash);
            if (!segment.TryMatch(text, out var value))
            {
                return false;
            }

            if (!segment.IsLiteral)
            {
                if (captured == 0)
                {
                    values = new object?[_names.Length];
                }

                values[captured++] = value;
            }

            at += text.Length + (slash ? 1 : 0);
        }

        if (!asPrefix && (at != path.Length || (slash && !_trailingSlash)))
        {
            return false;
        }

        match = new(_names, values, [], at);
        return true;
    }

    private static ReadOnlySpan<char> Segment(string path, int at, out bool slash)
    {
        var rest = path.AsSpan(at);
        var end = rest.IndexOf('/');
        slash = end >= 0;
        return slash ? rest[..end] : rest;
    }

    private ReadOnlySpan<char> Rest(string path, int at, bool asPrefix, out bool slash)
    {
        var rest = path.AsSpan(at);
        slash = _trailingSlash && !asPrefix && rest.EndsWith('/');
        return slash ? rest[..^1] : rest;
    }
}
