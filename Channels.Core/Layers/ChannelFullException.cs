namespace Channels;

/// <summary>A channel holds as many unread messages as its capacity; the message was not sent.</summary>
public sealed class ChannelFullException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="capacity">Its capacity in messages.</param>
    public ChannelFullException(string channel, int capacity)
        : base($"Channel '{channel}' is full: {capacity} messages wait unread. Its reader is too slow or gone; send less, or raise the layer's Capacity.") => Channel = channel;

    /// <summary>The channel.</summary>
    public string Channel { get; }
}
