using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// The events that consumers of this process made of one layer message, so that a thousand of them make each only once:
/// what a kind of consumer passes on unchanged, and what handlers sent, found again by the reference of what they sent.
/// An event keeps its own encoding for each wire format.
/// </summary>
/// <remarks>
/// Entries belong to the message and go with it, so nothing has to be evicted. Lock-free: the list is replaced, never
/// changed. A mutable struct, part of the message: keep it in a field. Where all consumers are of one kind that does what the
/// message itself says, which is nearly always, that kind is all there is, and nothing is allocated for it.
/// </remarks>
internal struct PreparedEvents
{
    // More than a few sends are not worth a search; further ones are not kept.
    private const int MostSends = 4;

    private object? _newest; // an entry, or the first kind for which the message's own event holds; older ones behind it

    /// <summary>Whether it is known what a kind of consumer passes on, and what.</summary>
    /// <param name="kind">The consumer's type.</param>
    /// <param name="own">What the message itself says is passed on; null for nothing.</param>
    /// <param name="passedOn">The event; null when the consumer handles the message.</param>
    public bool TryGetPassedOn(Type kind, Event? own, out Event? passedOn)
    {
        var older = Volatile.Read(ref _newest);
        for (; older is Entry entry; older = entry.Older)
        {
            if (entry.IsPassedOn && ReferenceEquals(entry.Source, kind))
            {
                passedOn = entry.Event;
                return true;
            }
        }

        var isKnown = ReferenceEquals(older, kind);
        passedOn = isKnown ? own : null;
        return isKnown;
    }

    /// <summary>Keeps what a kind of consumer passes on, unless another of its kind was first; returns the one kept.</summary>
    public Event? KeepPassedOn(Type kind, Event? own, Event? passedOn)
    {
        while (true)
        {
            var newest = Volatile.Read(ref _newest);
            if (TryGetPassedOn(kind, own, out var first))
            {
                return first;
            }

            object entry = newest is null && ReferenceEquals(passedOn, own) ? kind : new Entry(kind, null, passedOn, IsPassedOn: true, newest);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _newest, entry, newest), newest))
            {
                return passedOn;
            }
        }
    }

    /// <summary>What was sent before for the same reference; null for nothing.</summary>
    public WebSocketSend? FindSend(object source, JsonTypeInfo? contract, WebSocketMessageKind kind) => FindSend(source, contract, kind, out _);

    /// <summary>Keeps the event unless another consumer was first; returns the one to send.</summary>
    public WebSocketSend KeepSend(object source, JsonTypeInfo? contract, WebSocketSend send)
    {
        while (true)
        {
            var newest = Volatile.Read(ref _newest);
            if (FindSend(source, contract, send.Kind, out var others) is { } first)
            {
                return first;
            }

            if (others >= MostSends || ReferenceEquals(Interlocked.CompareExchange(ref _newest, new Entry(source, contract, send, IsPassedOn: false, newest), newest), newest))
            {
                return send;
            }
        }
    }

    private WebSocketSend? FindSend(object source, JsonTypeInfo? contract, WebSocketMessageKind kind, out int others)
    {
        others = 0;
        for (var entry = Volatile.Read(ref _newest) as Entry; entry is not null; entry = entry.Older as Entry)
        {
            if (entry.IsPassedOn)
            {
                continue;
            }

            if (ReferenceEquals(entry.Source, source) && ReferenceEquals(entry.Contract, contract) && entry.Event is WebSocketSend send && send.Kind == kind)
            {
                return send;
            }

            others++;
        }

        return null;
    }

    // One class for both, so that one list holds them: what is known last must be decided in one place.
    private sealed record Entry(object Source, JsonTypeInfo? Contract, Event? Event, bool IsPassedOn, object? Older);
}
