namespace Channels;

/// <summary>A channel holds as many unread messages, or bytes, as it may; the message was not sent.</summary>
public sealed class ChannelFullException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="capacity">Its capacity in messages.</param>
    public ChannelFullException(string channel, int capacity)
        : base($"Channel '{channel}' is full: {capacity} messages wait unread. Its reader is too slow or gone; send less, or raise the layer's Capacity.") => Channel = channel;

    private ChannelFullException(string channel, string message)
        : base(message) => Channel = channel;

    /// <summary>The channel.</summary>
    public string Channel { get; }

    /// <summary>Makes the exception for a channel that is bounded by number and by bytes.</summary>
    internal static ChannelFullException ForQueue(string channel, int capacity, long most) => new(
        channel, $"Channel '{channel}' is full: {capacity} messages, or {most} bytes of them, wait unread. Its reader is too slow or gone; send less, or raise the layer's Capacity or MaxChannelBytes.");

    /// <summary>Makes the exception for a channel whose messages hold too many bytes.</summary>
    internal static ChannelFullException ForBytes(string channel, long most, string option) => new(
        channel, $"Channel '{channel}' is full: with this message more than {most} bytes would wait. Its reader is too slow or gone; send less, or raise {option}.");
}
