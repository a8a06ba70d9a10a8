namespace Channels;

/// <summary>
/// One step of a conversation between a server and an application: something received from the peer, or something to
/// be sent to it. Events are immutable and own their payload, so they may be kept, shared and sent again.
/// </summary>
/// <remarks>
/// The set is open: a protocol of your own derives its events from this record and nothing else has to change.
/// Applications read events by pattern matching on the CLR type; <see cref="Type"/> is the name used in logs, metrics
/// and documentation (ASGI specification, "Events").
/// </remarks>
public abstract record Event
{
    /// <summary>Names the event, for good.</summary>
    /// <param name="type">The name in the form <c>protocol.message</c>, for example <c>websocket.receive</c>.</param>
    protected Event(string type) => Type = type;

    /// <summary>The event's name in the form <c>protocol.message</c>; a copy made by <c>with</c> keeps it.</summary>
    public string Type { get; }
}
