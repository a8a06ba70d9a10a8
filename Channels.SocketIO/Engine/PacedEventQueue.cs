namespace Channels.SocketIO;

/// <summary>
/// What waits for an application, added by those who read from a client: they are held up while it has enough to do.
/// Thread-safe, for several who add.
/// </summary>
/// <param name="first">The first event; null for none.</param>
/// <param name="maxCount">How many messages make it full; at least 1.</param>
/// <param name="maxBytes">How many bytes make it full; 0 means no limit.</param>
internal abstract class PacedEventQueue(Event? first, int maxCount, long maxBytes) : BoundedEventQueue(first, maxCount, maxBytes)
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

    /// <summary>The queue has its last event: it is delivered, and nobody is held up any more.</summary>
    protected void Close()
    {
        _closed = true;
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
