namespace Channels.SocketRouter;

/// <summary>A topic as one connection has it.</summary>
internal sealed class JoinedTopic(string topic, string group)
{
    public string Topic => topic;

    public string Group => group;

    /// <summary>Whether its messages come.</summary>
    public bool IsFollowed { get; set; }

    /// <summary>Whether the news of who is present come.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Whether the connection is present itself.</summary>
    public bool IsPresent { get; set; }

    /// <summary>What delivers its messages when they are acknowledged; null when they are not.</summary>
    public AcknowledgedTopic? Acknowledged { get; set; }
}
