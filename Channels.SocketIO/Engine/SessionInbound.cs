namespace Channels.SocketIO;

/// <summary>What waits for a session's application. Thread-safe; messages may come over two transports while one takes over from the other.</summary>
/// <param name="options">The limits.</param>
internal sealed class SessionInbound(EngineIOOptions options)
    : BoundedEventQueue(first: null, options.MaxInboundMessageCount, options.MaxInboundBytes)
{
    private TaskCompletionSource? _room; // there while somebody waits
    private volatile bool _closed;

    /// <summary>Whether the client is not read from, because the application has enough to do.</summary>
    public bool IsBlocking => Volatile.Read(ref _room) is not null;

    /// <summary>Adds a message; completes when there is room for another one. The application goes on elsewhere, however long it takes.</summary>
    public Task AddAsync(Event message, int bytes)
    {
        var full = Add(message, bytes);
        DeliverLater();
        return full ? WaitForRoomAsync() : Task.CompletedTask;
    }

    /// <summary>The session has ended.</summary>
    public void Close(string reason, bool discard)
    {
        _closed = true;
        End(new EngineIODisconnect(reason), discard);
        DeliverLater();
        LetIn();
    }

    /// <inheritdoc/>
    protected override void OnTaken(Event message)
    {
        if (IsBlocking && HasRoomAgain)
        {
            LetIn();
        }
    }

    private Task WaitForRoomAsync()
    {
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var room = Interlocked.CompareExchange(ref _room, fresh, null) ?? fresh;
        if (_closed || HasRoomAgain)
        {
            LetIn(); // nobody could be told, as nobody waited yet
        }

        return room.Task;
    }

    private void LetIn() => Interlocked.Exchange(ref _room, null)?.TrySetResult();
}
