using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Channels.Extending;

/// <summary>
/// The capacity rules of a layer, compiled once: the first rule that matches a channel's full name decides. For
/// implementations of layers. Immutable.
/// </summary>
public sealed class ChannelCapacities
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private readonly (Regex Pattern, int Capacity)[] _rules;
    private readonly int _default;

    /// <summary>Compiles the rules.</summary>
    /// <param name="options">The layer's options.</param>
    /// <exception cref="ArgumentException">A rule's pattern is not valid.</exception>
    public ChannelCapacities(ChannelLayerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _default = options.Capacity;
        _rules = [.. options.ChannelCapacity.Select(rule => (Compile(rule), rule.Capacity))];
    }

    /// <summary>The capacity of a channel.</summary>
    /// <param name="channel">The channel's full name.</param>
    public int For(string channel)
    {
        foreach (var (pattern, capacity) in _rules)
        {
            if (pattern.IsMatch(channel))
            {
                return capacity;
            }
        }

        return _default;
    }

    /// <summary>The rule's pattern, anchored as its kind demands.</summary>
    /// <exception cref="ArgumentException">The pattern is not valid, or the rule has not exactly one.</exception>
    internal static Regex Compile(ChannelCapacityRule rule) => rule switch
    {
        { Glob: { Length: > 0 } glob, Regex: null } => new Regex(FromGlob(glob), Options),
        { Glob: null, Regex: { Length: > 0 } regex } => new Regex($@"\A(?:{regex})", Options),
        _ => throw new ArgumentException("needs either Glob or Regex"),
    };

    // As Python's fnmatch reads it: in a set only '!' negates, ']' stands for itself in front, and ranges may be empty.
    private static string FromGlob(string glob)
    {
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < glob.Length; i++)
        {
            if (glob[i] == '[' && EndOfSet(glob, i) is > 0 and var end)
            {
                AppendSet(regex, glob.AsSpan(i + 1, end - i - 1));
                i = end;
                continue;
            }

            regex.Append(glob[i] switch
            {
                '*' => ".*",
                '?' => ".",
                var c => Regex.Escape(c.ToString()),
            });
        }

        return regex.Append(@"\z").ToString();
    }

    // Where the set's bracket closes; negative when it never does, and the opening one stands for itself.
    private static int EndOfSet(string glob, int start)
    {
        var first = glob.AsSpan(start + 1).StartsWith("!") ? start + 2 : start + 1;
        return first + 1 < glob.Length ? glob.IndexOf(']', first + 1) : -1;
    }

    private static void AppendSet(StringBuilder regex, ReadOnlySpan<char> set)
    {
        var negated = set[0] == '!';
        set = negated ? set[1..] : set;
        var members = new StringBuilder();
        while (!set.IsEmpty)
        {
            var last = set is [_, '-', var to, ..] ? to : set[0];
            if (set[0] <= last)
            {
                members.Append(CultureInfo.InvariantCulture, $@"\u{(int)set[0]:x4}-\u{(int)last:x4}");
            }

            set = set is [_, '-', _, ..] ? set[3..] : set[1..];
        }

        // No expression is an empty set; everything is what is left of all characters without it.
        regex.Append(members.Length == 0 ? negated ? @"[\s\S]" : @"[^\s\S]" : $"[{(negated ? "^" : "")}{members}]");
    }
}
