namespace Channels.Extending;

/// <summary>How a layer sets up an inbox.</summary>
public sealed record ChannelInboxOptions
{
    internal static ChannelInboxOptions Default { get; } = new();

    /// <summary>How many unread messages the inbox holds. 0 or less means no limit. Default 100.</summary>
    public int Capacity { get; init; } = 100;

    /// <summary>What happens to one message more. Default <see cref="InboxFullMode.Refuse"/>.</summary>
    public InboxFullMode FullMode { get; init; }

    /// <summary>The clock that expiry is judged by. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Called for each message dropped because it expired unread. Default nothing.</summary>
    public Action? OnExpired { get; init; }

    /// <summary>Called once when the inbox is disposed: leave groups, forget the name. Default nothing.</summary>
    public Func<ChannelInbox, ValueTask>? OnClose { get; init; }
}
