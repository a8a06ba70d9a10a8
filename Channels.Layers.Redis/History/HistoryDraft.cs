namespace Channels.Layers.Redis;

/// <summary>A message on its way into a history.</summary>
/// <param name="Group">Whose history.</param>
/// <param name="Message">The message.</param>
/// <param name="Mark">What stands in its bytes where the server puts the position; the message is known again by it.</param>
/// <param name="Again">Whether it may be there already, because an answer was lost.</param>
internal sealed record HistoryDraft(string Group, ChannelMessage Message, string Mark, bool Again)
{
    /// <summary>The entry of the message that the server fills in.</summary>
    public string Entry => WirePosition.OfMark(Mark, Group);
}
