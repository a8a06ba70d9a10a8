namespace Channels;

/// <summary>Some of those present in a group.</summary>
/// <param name="Entries">Who they are, in order.</param>
/// <param name="HasMore">Whether more follow behind the last one.</param>
/// <param name="Position">Where the news of the group stood when the page was made: the later ones change it.</param>
public sealed record PresencePage(IReadOnlyList<PresenceEntry> Entries, bool HasMore, HistoryPosition Position);
