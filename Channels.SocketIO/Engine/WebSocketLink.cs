namespace Channels.SocketIO;

/// <summary>One accepted WebSocket, as a session sees it.</summary>
/// <param name="scope">Its scope.</param>
/// <param name="send">Its way to send.</param>
/// <param name="binaryAsText">Whether the client takes no binary messages.</param>
internal sealed class WebSocketLink(WebSocketScope scope, Send send, bool binaryAsText)
{
    // Past the outbox only what no middleware wants to see.
    private readonly IOutbox? _outbox = scope.GetOutbox() is { } outbox && outbox.Send == send ? outbox : null;

    /// <summary>Fires when it is gone, whatever of it has not been read yet.</summary>
    public CancellationToken Aborted { get; } = scope.Aborted;

    /// <summary>By whom is counted what waits for it, also when its session is over; null when nobody counts.</summary>
    public MemoryHolder? Memory { get; } = scope.GetMemory();

    public bool BinaryAsText => binaryAsText;

    /// <summary>Whether frames may be given to it without waiting.</summary>
    public bool IsDirect => _outbox is not null;

    /// <summary>Whether something still waits to be written, as far as is known.</summary>
    public bool IsBusy => _outbox is { IsBusy: true };

    /// <summary>Gives frames as far as there is room; none when it is not <see cref="IsDirect"/>.</summary>
    public int TrySend(ReadOnlySpan<Event> frames) => _outbox?.TrySend(frames) ?? 0;

    public ValueTask SendAsync(Event frame) => send(frame);

    public void Hold() => _outbox?.Hold();

    public void Flush() => _outbox?.Flush();

    /// <summary>Closes it, from wherever; its reader hears of the end.</summary>
    public void Close(int code) => ThreadPool.UnsafeQueueUserWorkItem(static close => _ = close.Link.CloseAsync(close.Code), (Link: this, Code: code), preferLocal: false);

    private async Task CloseAsync(int code)
    {
        try
        {
            await send(new WebSocketClose(code));
        }
        catch (Exception)
        {
            // It has ended already, one way or another; its reader knows.
        }
    }
}
