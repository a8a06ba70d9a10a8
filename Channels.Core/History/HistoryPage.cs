namespace Channels;

/// <summary>A piece of a group's history.</summary>
/// <param name="Messages">What followed, oldest first; empty when nothing did, or it is gone.</param>
/// <param name="Newest">The position of the newest message of all; with offset 0 when there was none yet.</param>
/// <param name="Gone">
/// Whether messages that followed are no longer kept, or the position is none of this history's: from another epoch, from
/// the future, or no position at all. The reader begins anew at <see cref="Newest"/>, or at <see cref="HistoryPosition.Oldest"/>.
/// </param>
public sealed record HistoryPage(IReadOnlyList<ChannelMessage> Messages, HistoryPosition Newest, bool Gone)
{
    /// <summary>Whether more follows behind the last of <see cref="Messages"/>.</summary>
    public bool HasMore => Messages is [.., var last] && last.Position!.Value.Offset < Newest.Offset;
}
