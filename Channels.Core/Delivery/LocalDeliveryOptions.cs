namespace Channels.Extending;

/// <summary>How a layer sets up its <see cref="LocalDelivery"/>.</summary>
public sealed record LocalDeliveryOptions
{
    /// <summary>The clock that expiry is judged by. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What a full channel does with one message more. Default <see cref="InboxFullMode.Refuse"/>.</summary>
    public InboxFullMode FullMode { get; init; }

    /// <summary>Called for each message that expired unread; what it throws is ignored. Default nothing.</summary>
    public Action? OnExpired { get; init; }

    /// <summary>Called once for each channel that is closed, in place of <see cref="LocalDelivery.Close"/>, which it must call. Default that alone.</summary>
    public Func<ChannelInbox, ValueTask>? OnClose { get; init; }

    /// <summary>Called for each message that waits unread, and has not expired, in a channel that is closed; what it throws is ignored.</summary>
    internal Action<ChannelMessage>? OnUnread { get; init; }

    /// <summary>Takes a group message for a member that nobody of this process holds open; null when there are no such members.</summary>
    internal Func<string, ChannelMessage, long, InboxPostResult>? PostElsewhere { get; init; }
}
