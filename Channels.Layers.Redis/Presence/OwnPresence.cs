namespace Channels.Layers.Redis;

/// <summary>A connection of this process in a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Connection">The connection's channel.</param>
internal readonly record struct PresencePlace(string Group, string Connection);

/// <summary>What the servers are to know of it. No record: of two that say the same, each is to be told.</summary>
/// <param name="key">Who it is.</param>
/// <param name="metadata">What others see of it.</param>
/// <param name="encoded">The metadata as the server keeps them.</param>
/// <param name="hasLeft">Whether it has gone, and the server is still to be told.</param>
internal sealed class OwnPresence(string key, MessageMap metadata, byte[] encoded, bool hasLeft = false)
{
    public string Key { get; } = key;

    public MessageMap Metadata { get; } = metadata;

    public byte[] Encoded { get; } = encoded;

    public bool HasLeft { get; } = hasLeft;

    /// <summary>The same one, gone.</summary>
    public OwnPresence Leaving() => new(Key, Metadata, Encoded, hasLeft: true);
}
