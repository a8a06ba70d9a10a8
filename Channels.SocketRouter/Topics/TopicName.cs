namespace Channels.SocketRouter;

/// <summary>The group of a topic: its own name where that is legal, and a digest where it is not, so that no two topics share one.</summary>
internal static class TopicName
{
    public const int Longest = 256;
    public const string PlainPrefix = "sr.t.";
    public const string DigestPrefix = "sr.h.";
    private const int LongestPlain = 94;

    /// <summary>Whether it is a topic at all.</summary>
    public static bool IsValid(string? topic) => topic is { Length: > 0 and <= Longest };

    public static string GroupOf(string topic) => topic.Length <= LongestPlain && ChannelNames.IsGroup(topic)
        ? PlainPrefix + topic
        : DigestPrefix + WireDigest.Of(topic);

    /// <summary>The topic of a group whose name tells it; null for another.</summary>
    public static string? FromGroup(string group) => group.StartsWith(PlainPrefix, StringComparison.Ordinal) ? group[PlainPrefix.Length..] : null;
}
