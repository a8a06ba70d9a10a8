using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// The send events that handlers made while handling one shared layer message, found again by the reference of what
/// they sent: a thousand consumers that each send the message's text encode it once.
/// </summary>
/// <remarks>
/// Entries belong to one message and go with it, so nothing has to be evicted; more than a few are not worth a search,
/// and further ones are simply not kept. Lock-free: the list is replaced, never changed.
/// </remarks>
internal sealed class ReadySends
{
    private const int Most = 4;
    private volatile Entry? _newest;

    public WebSocketSend? Find(object source, JsonTypeInfo? contract, WebSocketMessageKind kind)
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
    public WebSocketSend Keep(object source, JsonTypeInfo? contract, WebSocketSend send)
    {
        while (true)
        {
            var newest = _newest;
            if (Find(source, contract, send.Kind) is { } first)
            {
                return first;
            }

            if (newest?.Depth >= Most)
            {
                return send;
            }

            var entry = new Entry(source, contract, send, newest, (newest?.Depth ?? 0) + 1);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _newest, entry, newest), newest))
            {
                return send;
            }
        }
    }

    private sealed record Entry(object Source, JsonTypeInfo? Contract, WebSocketSend Send, Entry? Older, int Depth);
}
