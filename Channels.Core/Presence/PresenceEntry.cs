namespace Channels;

/// <summary>Somebody present in a group.</summary>
/// <param name="Key">Who it is.</param>
/// <param name="Metadata">What its last connection has told of it.</param>
public sealed record PresenceEntry(string Key, MessageMap Metadata);
