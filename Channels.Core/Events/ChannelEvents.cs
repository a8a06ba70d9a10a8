namespace Channels;

/// <summary>
/// A worker takes no more messages from the channel: end. Everything taken before has been delivered. Only
/// applications with a <see cref="ChannelScope"/> receive it; consumers end by themselves.
/// </summary>
public sealed record ChannelStop() : Event("channel.stop")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static ChannelStop Instance { get; } = new();
}
