namespace Channels.SocketRouter;

/// <content>From its arrival to its answer: exactly one is sent, by whoever is first.</content>
public sealed partial class SocketRequest
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _cancellation;
    private Task? _cancelling;
    private bool _cancelled;
    private int _answered;

    /// <summary>Fires when the peer has gone, the deadline has passed, or the client has given up.</summary>
    public CancellationToken Aborted
    {
        get
        {
            lock (_lock)
            {
                if (_cancellation is null)
                {
                    if (_cancelled)
                    {
                        return new(canceled: true);
                    }

                    _cancellation = CancellationTokenSource.CreateLinkedTokenSource(_peer.Aborted);
                }

                return _cancellation.Token;
            }
        }
    }

    /// <summary>When it must be answered, by the clock's timestamp.</summary>
    internal long Deadline { get; init; }

    /// <summary>Neighbours among the open requests of the connection; guarded by their holder.</summary>
    internal SocketRequest? Next { get; set; }

    internal SocketRequest? Previous { get; set; }

    /// <summary>What follows the reply, before the next request of its line; only when the reply was this one's own. Null for nothing.</summary>
    internal Func<ValueTask>? AfterReply { get; set; }

    internal bool IsAnswered => Volatile.Read(ref _answered) != 0;

    /// <summary>Takes the right to answer; false when somebody else has.</summary>
    internal bool TryAnswer() => Interlocked.Exchange(ref _answered, 1) == 0;

    /// <summary>Tells the handler to stop.</summary>
    internal void Cancel()
    {
        lock (_lock)
        {
            _cancelled = true;
            _cancelling ??= _cancellation?.CancelAsync(); // what it calls runs elsewhere, without the lock
        }
    }

    /// <summary>The handler is done with it.</summary>
    internal async ValueTask EndAsync()
    {
        if (_services is { } services)
        {
            await services.DisposeAsync();
        }

        CancellationTokenSource? source;
        Task? cancelling;
        lock (_lock)
        {
            // Taken out: whoever gives the request up as its handler ends must not meet a source that is disposed.
            (source, _cancellation) = (_cancellation, null);
            (cancelling, _cancelled) = (_cancelling, true);
        }

        using (source)
        {
            await (cancelling ?? Task.CompletedTask); // a source must not be disposed under what it calls
        }
    }
}
