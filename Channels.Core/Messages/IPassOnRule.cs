namespace Channels;

/// <summary>A consumer, as far as delivery knows it: which messages go to its peer without it.</summary>
internal interface IPassOnRule
{
    /// <summary>The consumer's type: all of one kind pass on the same.</summary>
    Type Kind { get; }

    /// <summary>
    /// The event to pass on unchanged in the message's place; null when the consumer must handle the message. Depends on the
    /// message alone: asked about once, and all of the kind get the answer that was kept first.
    /// </summary>
    Event? PassOn(ChannelMessage message);
}
