namespace Channels.Layers.Redis;

/// <summary>A connection of this process in a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Connection">The connection's channel.</param>
internal readonly record struct PresencePlace(string Group, string Connection);

/// <summary>What the servers are to know of it.</summary>
/// <param name="Key">Who it is.</param>
/// <param name="Metadata">What others see of it.</param>
/// <param name="HasLeft">Whether it has gone, and the server is still to be told.</param>
internal sealed record OwnPresence(string Key, MessageMap Metadata, bool HasLeft);
