namespace Channels;

/// <summary>
/// A capacity for the channels whose full name matches a pattern: a shell glob for the whole name (<c>*</c>, <c>?</c>,
/// <c>[abc]</c>, <c>[!abc]</c>) or a regular expression that matches from the name's start. Exactly one of the two is set.
/// </summary>
public sealed class ChannelCapacityRule
{
    /// <summary>Makes a rule to be filled in, as configuration does.</summary>
    public ChannelCapacityRule()
    {
    }

    /// <summary>Makes a rule with a glob.</summary>
    /// <param name="glob">The glob, for example <c>thumbnails-*</c>.</param>
    /// <param name="capacity">How many unread messages such a channel holds; at least 1.</param>
    public ChannelCapacityRule(string glob, int capacity) => (Glob, Capacity) = (glob, capacity);

    /// <summary>The glob; null when <see cref="Regex"/> is set.</summary>
    public string? Glob { get; set; }

    /// <summary>The regular expression (without backreferences and look-arounds, since it is matched without backtracking); null when <see cref="Glob"/> is set.</summary>
    public string? Regex { get; set; }

    /// <summary>How many unread messages such a channel holds. At least 1; there is no "unlimited".</summary>
    public int Capacity { get; set; }

    /// <summary>Makes a rule with a regular expression.</summary>
    /// <param name="pattern">The expression; it must match from the name's start.</param>
    /// <param name="capacity">How many unread messages such a channel holds; at least 1.</param>
    public static ChannelCapacityRule ForRegex(string pattern, int capacity) => new() { Regex = pattern, Capacity = capacity };
}
