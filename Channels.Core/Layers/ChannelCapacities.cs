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

    private static string FromGlob(string glob)
    {
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < glob.Length; i++)
        {
            if (glob[i] == '[' && glob.IndexOf(']', Math.Min(i + 2, glob.Length)) is > 0 and var end)
            {
                var negated = glob[i + 1] is '!' or '^';
                var set = glob[(negated ? i + 2 : i + 1)..end].Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal);
                regex.Append(negated ? "[^" : "[").Append(set).Append(']');
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
}
