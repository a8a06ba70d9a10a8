namespace Channels.Extending;

/// <summary>
/// What a connection offers to whoever sends to it beside its <see cref="Send"/>: taking events without waiting, and
/// holding output back so that a batch leaves in one write (the idea of TCP_CORK). A server puts it into the scope
/// with <see cref="ScopeOutbox.WithOutbox"/>; without one everything works the same, event by event.
/// </summary>
/// <remarks>
/// Thread-safe. No member waits or runs code of the application's. <see cref="Hold"/> and <see cref="Flush"/> come in
/// pairs from one task at a time; other tasks may send meanwhile.
/// </remarks>
public interface IOutbox
{
    /// <summary>
    /// The connection's own way to send. A consumer whose <see cref="Send"/> is this very delegate knows that no middleware
    /// wants to see what is sent, so events may go straight to <see cref="TrySend"/>.
    /// </summary>
    Send Send { get; }

    /// <summary>
    /// True when the peer's next event is waiting already: what the event at hand sends to groups may then leave together
    /// with what the next one sends.
    /// </summary>
    bool HasMoreInput { get; }

    /// <summary>
    /// True while something that was sent still waits for the peer to take it: what the next event replaces, such as a
    /// position, is better not sent now. A hint; false where it is not known, which is the default.
    /// </summary>
    bool IsBusy => false;

    /// <summary>
    /// What taking events looks at behind this object: a broadcast asks memory for it ahead, as the objects of a thousand sockets
    /// are in no cache. A hint that may be read by any thread; null, the default, for nothing.
    /// </summary>
    object? NeededNext => null;

    /// <summary>Takes as many events as there is room for, in their order.</summary>
    /// <param name="events">The events.</param>
    /// <returns>How many were taken; fewer than all when the connection is not open, its queue is full, or it must see the rest through <see cref="Send"/>.</returns>
    int TrySend(ReadOnlySpan<Event> events);

    /// <summary>Begins to hold output back: a hint, nothing waits for long.</summary>
    void Hold();

    /// <summary>Lets everything held back go.</summary>
    void Flush();
}
