namespace Channels.Extending;

/// <summary>What a full inbox does with one more message.</summary>
public enum InboxFullMode
{
    /// <summary>Refuses it: the sender of a direct message gets <see cref="ChannelFullException"/>, a group member misses it.</summary>
    Refuse,

    /// <summary>Drops the oldest unread message to make room.</summary>
    DropOldest,
}
