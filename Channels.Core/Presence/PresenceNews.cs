using System.Security.Cryptography;
using System.Text;

namespace Channels;

/// <summary>
/// The layer messages that say who came and went, for <c>[Handles]</c> methods of consumers that watch a group. Both have the entries
/// <c>group</c> and <c>key</c>, and the first has <c>metadata</c>, a map.
/// </summary>
public static class PresenceNews
{
    /// <summary>A key is present that was not, or its metadata have changed.</summary>
    public const string Joined = "presence.joined";

    /// <summary>The last connection of a key has gone.</summary>
    public const string Left = "presence.left";

    internal const int LongestKey = 256;
    private const string Prefix = "presence.";
    private const int LongestName = 99;

    /// <summary>The group in which the news of a group are published.</summary>
    internal static string GroupOf(string group) => Prefix.Length + group.Length <= LongestName
        ? Prefix + group
        : Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(group)));

    internal static ChannelMessage OfJoined(string group, string key, MessageMap metadata) =>
        new(Joined, new() { ["group"] = group, ["key"] = key, ["metadata"] = metadata });

    internal static ChannelMessage OfLeft(string group, string key) => new(Left, new() { ["group"] = group, ["key"] = key });

    /// <exception cref="ArgumentException">A name is not valid.</exception>
    internal static void ThrowIfNotKey(string group, string key)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > LongestKey || !StrictUtf8.IsWellFormed(key))
        {
            throw new ArgumentException($"A key of presence has 1 to {LongestKey} characters and no half of a surrogate pair; this one has {key.Length}.", nameof(key));
        }
    }

    /// <exception cref="ArgumentException">A name is not valid, or the metadata are too large.</exception>
    internal static void ThrowIfInvalid(string group, string key, MessageMap metadata, PresenceOptions options)
    {
        ThrowIfNotKey(group, key);
        if (MessageSize.Of(metadata) is var size && size > options.MaxMetadataBytes)
        {
            throw new ArgumentException($"The metadata of a key hold about {size} bytes, more than {nameof(PresenceOptions.MaxMetadataBytes)} ({options.MaxMetadataBytes}). Keep large things elsewhere, or raise the limit.", nameof(metadata));
        }
    }
}
