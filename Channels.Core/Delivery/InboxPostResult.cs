namespace Channels.Extending;

/// <summary>What became of a message offered to an inbox.</summary>
public enum InboxPostResult
{
    /// <summary>It waits for the reader.</summary>
    Posted,

    /// <summary>It waits for the reader, and the oldest message was dropped for it.</summary>
    PostedDroppingOldest,

    /// <summary>The inbox is full; the message was refused.</summary>
    Full,

    /// <summary>The inbox is closed; the message was refused.</summary>
    Closed,
}
