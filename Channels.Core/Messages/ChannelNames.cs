using System.Buffers;

namespace Channels.Extending;

/// <summary>The rules for names of channels and groups (channel layer specification; stricter than Python where that accepts non-ASCII digits and a final line feed).</summary>
public static class ChannelNames
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 99;

    private static readonly SearchValues<char> Legal = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>1–99 ASCII letters, digits, <c>-</c>, <c>_</c>, <c>.</c>.</summary>
    /// <param name="name">The name.</param>
    public static bool IsGroup(string? name) => name is { Length: > 0 and <= MaxLength } && !name.AsSpan().ContainsAnyExcept(Legal);

    /// <summary>As a group's name, optionally followed by one <c>!</c> and zero or more of the same characters.</summary>
    /// <param name="name">The name.</param>
    public static bool IsChannel(string? name)
    {
        if (name is not { Length: > 0 and <= MaxLength })
        {
            return false;
        }

        var illegal = name.AsSpan().IndexOfAnyExcept(Legal);
        return illegal < 0 || (illegal > 0 && name[illegal] == '!' && !name.AsSpan(illegal + 1).ContainsAnyExcept(Legal));
    }

    /// <summary>The part of a channel's name that names its process: up to and including the <c>!</c>, or the whole name.</summary>
    /// <param name="channel">A valid channel name.</param>
    public static string NonLocalPart(string channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var mark = channel.IndexOf('!', StringComparison.Ordinal);
        return mark < 0 ? channel : channel[..(mark + 1)];
    }

    /// <summary>Throws unless the name is a valid group name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">The name is not valid; the message says what is.</exception>
    public static void ThrowIfNotGroup(string? name)
    {
        if (!IsGroup(name))
        {
            throw Invalid("group", name, "");
        }
    }

    /// <summary>Throws unless the name is a valid channel name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">The name is not valid; the message says what is.</exception>
    public static void ThrowIfNotChannel(string? name)
    {
        if (!IsChannel(name))
        {
            throw Invalid("channel", name, ", and one ! behind the part that names the process");
        }
    }

    private static InvalidChannelNameException Invalid(string kind, string? name, string more) => new(
        $"'{HeaderText.Escape(name)}' is not a valid {kind} name: use 1 to {MaxLength} ASCII letters, digits, hyphens, underscores and periods{more}.", name, nameof(name));
}
