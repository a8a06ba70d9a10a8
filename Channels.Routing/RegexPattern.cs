using System.Text.RegularExpressions;

namespace Channels.Routing;

/// <summary>
/// A regular expression, searched for in the path: unanchored unless the author writes anchors. It runs without backtracking,
/// in linear time; one that cannot is refused, because a few dozen paths a second would keep a processor busy.
/// </summary>
internal sealed class RegexPattern : PathPattern
{
    private readonly Regex _regex;
    private readonly string[] _names;
    private readonly int[] _namedGroups;
    private readonly int[] _positionalGroups;

    public RegexPattern(Regex source)
    {
        _regex = Harden(source);
        Template = source.ToString();
        var groups = _regex.GetGroupNumbers().Where(n => n != 0).ToArray();
        _namedGroups = [.. groups.Where(n => !IsNumber(_regex.GroupNameFromNumber(n)))];
        _positionalGroups = [.. groups.Except(_namedGroups)];
        _names = [.. _namedGroups.Select(_regex.GroupNameFromNumber)];
    }

    public override string Template { get; }

    public override string Shape => $"regex {_regex.Options:D} {Template}";

    public override IReadOnlyList<string> LiteralPrefix => [];

    public override bool TryMatch(string path, int start, bool asPrefix, out PatternMatch match)
    {
        match = default;
        var found = _regex.Match(path, start, path.Length - start);
        if (!found.Success)
        {
            return false;
        }

        var (names, values) = Named(found);
        match = new(names, values, names.Length > 0 ? [] : Positional(found), found.Index + found.Length);
        return true;
    }

    private static bool IsNumber(string name) => !name.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <exception cref="ArgumentException">The expression works only by backtracking.</exception>
    private static Regex Harden(Regex source)
    {
        try
        {
            return new Regex(source.ToString(), (source.Options & ~RegexOptions.Compiled) | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception error) when (error is NotSupportedException or ArgumentOutOfRangeException)
        {
            throw new ArgumentException(
                $"The route '{source}' works only by backtracking, which a stranger's path can make very slow: write it without look-arounds, back-references, atomic groups, conditions, RightToLeft and ECMAScript. What else a match must satisfy belongs into the application, or into an IPathConverter of a template.",
                nameof(source),
                error);
        }
    }

    // A named group that took no part in the match is absent, so that a default or an outer capture shows through.
    private (string[] Names, object?[] Values) Named(Match found)
    {
        var count = 0;
        foreach (var group in _namedGroups)
        {
            count += found.Groups[group].Success ? 1 : 0;
        }

        if (count == 0)
        {
            return ([], []);
        }

        var all = count == _names.Length;
        var names = all ? _names : new string[count];
        var values = new object?[count];
        var at = 0;
        for (var i = 0; i < _namedGroups.Length; i++)
        {
            var group = found.Groups[_namedGroups[i]];
            if (!group.Success)
            {
                continue;
            }

            if (!all)
            {
                names[at] = _names[i];
            }

            values[at++] = group.Value;
        }

        return (names, values);
    }

    // A group that took no part counts as empty text: the positions of the others must not shift.
    private string[] Positional(Match found)
    {
        var arguments = _positionalGroups.Length == 0 ? [] : new string[_positionalGroups.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = found.Groups[_positionalGroups[i]].Value;
        }

        return arguments;
    }
}
