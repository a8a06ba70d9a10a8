using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// The events that consumers of this process made of one layer message, so that a thousand of them make each only once:
/// what a kind of consumer passes on unchanged, and what handlers sent, found again by the reference of what they sent.
/// An event keeps its own encoding for each wire format.
/// </summary>
/// <remarks>
/// Entries belong to the message and go with it, so nothing has to be evicted. Lock-free: the lists are replaced, never
/// changed.
/// </remarks>
internal sealed class PreparedEvents
{
    // More than a few sends are not worth a search; further ones are not kept.
    private const int MostSends = 4;

    private volatile PassedOn? _passedOn;
    private volatile Sent? _newest;

    /// <summary>Whether it is known what a kind of consumer passes on, and what.</summary>
    /// <param name="kind">The consumer's type.</param>
    /// <param name="passedOn">The event; null when the consumer handles the message.</param>
    public bool TryGetPassedOn(Type kind, out Event? passedOn)
    {
        for (var entry = _passedOn; entry is not null; entry = entry.Older)
        {
            if (ReferenceEquals(entry.Kind, kind))
            {
                passedOn = entry.Event;
                return true;
            }
        }

        passedOn = null;
        return false;
    }

    /// <summary>Keeps what a kind of consumer passes on, unless another of its kind was first; returns the one kept.</summary>
    public Event? KeepPassedOn(Type kind, Event? passedOn)
    {
        while (true)
        {
            var newest = _passedOn;
            if (TryGetPassedOn(kind, out var first))
            {
                return first;
            }

            if (ReferenceEquals(Interlocked.CompareExchange(ref _passedOn, new PassedOn(kind, passedOn, newest), newest), newest))
            {
                return passedOn;
            }
        }
    }

    /// <summary>What was sent before for the same reference; null for nothing.</summary>
    public WebSocketSend? FindSend(object source, JsonTypeInfo? contract, WebSocketMessageKind kind)
    {
        for (var entry = _newest; entry is not null; entry = entry.Older)
        {
            if (ReferenceEquals(entry.Source, source) && ReferenceEquals(entry.Contract, contract) && entry.Send.Kind == kind)
            {
                return entry.Send;
            }
        }

        return null;
    }

    /// <summary>Keeps the event unless another consumer was first; returns the one to send.</summary>
    public WebSocketSend KeepSend(object source, JsonTypeInfo? contract, WebSocketSend send)
    {
        while (true)
        {
            var newest = _newest;
            if (FindSend(source, contract, send.Kind) is { } first)
            {
                return first;
            }

            if (newest?.Depth >= MostSends)
            {
                return send;
            }

            var entry = new Sent(source, contract, send, newest, (newest?.Depth ?? 0) + 1);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _newest, entry, newest), newest))
            {
                return send;
            }
        }
    }

    private sealed record PassedOn(Type Kind, Event? Event, PassedOn? Older);

    private sealed record Sent(object Source, JsonTypeInfo? Contract, WebSocketSend Send, Sent? Older, int Depth);
}
