namespace Channels;

/// <summary>Tells a consumer's loop that messages of a group which the consumer follows are gone before it could have them.</summary>
/// <param name="Group">The group.</param>
internal sealed record HistoryGone(string Group) : Event("history.gone");
