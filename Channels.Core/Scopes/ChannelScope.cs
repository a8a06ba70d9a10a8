namespace Channels;

/// <summary>A worker's reading of one fixed channel; events are the <see cref="ChannelMessage"/>s sent to it.</summary>
/// <param name="Channel">The channel's name.</param>
public sealed record ChannelScope(string Channel) : Scope("channel");
