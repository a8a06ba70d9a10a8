using System.Collections;

namespace Channels.Layers.Redis;

/// <summary>
/// The entries of a message as they go over the wire, in order, without a map of their own: the type, the content, and what
/// the layer itself adds.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="address">The receiving channel or channels; null when they are not named.</param>
/// <param name="position">Where the message stands in the history of a group; null when it stands in none.</param>
internal sealed class WireEntries(ChannelMessage message, MessageValue? address, string? position) : IReadOnlyCollection<KeyValuePair<string, MessageValue>>
{
    /// <summary>The entry that holds the type.</summary>
    public const string TypeKey = MessageContent.TypeEntry;

    /// <summary>The entry that holds the full names of the receiving channels.</summary>
    public const string AddressKey = MessageContent.AddressEntry;

    /// <summary>The entry that names the channels that skip a group message; Python's consumers ignore it.</summary>
    public const string ExceptKey = MessageContent.ExceptEntry;

    /// <summary>The entry that tells where the message stands in a history; Python's consumers ignore it.</summary>
    public const string PositionKey = MessageContent.PositionEntry;

    private readonly MessageMap _fields = message.Fields;

    // No message has entries of these names itself: it could not have been made.
    public int Count => 1 + _fields.Count + (address is null ? 0 : 1) + (message.Except.Count > 0 ? 1 : 0) + (position is null ? 0 : 1);

    public IEnumerator<KeyValuePair<string, MessageValue>> GetEnumerator()
    {
        yield return new(TypeKey, message.Type);
        foreach (var entry in _fields)
        {
            yield return entry;
        }

        if (address is { } channels)
        {
            yield return new(AddressKey, channels);
        }

        if (position is not null)
        {
            yield return new(PositionKey, position);
        }

        if (message.Except.Count > 0)
        {
            yield return new(ExceptKey, message.Except.Select(channel => (MessageValue)channel).ToArray());
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
