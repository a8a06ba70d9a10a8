namespace Channels.Testing;

/// <summary>
/// What waits for the application under test, as much as the test likes; tells when the application has taken everything
/// and asks for more. Thread-safe.
/// </summary>
internal sealed class ApplicationInput() : BoundedEventQueue(first: null, maxCount: int.MaxValue, maxBytes: 0)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _drained;

    public void Add(Event message)
    {
        Add(message, bytes: 0);
        DeliverLater(); // the application runs on threads of its own
    }

    /// <summary>The connection's last event: nothing can be received after it.</summary>
    /// <param name="last">The event.</param>
    /// <param name="discard">True when what was not taken is dropped, because the application itself has ended the connection.</param>
    public void Finish(Event last, bool discard)
    {
        End(last, discard);
        DeliverLater();
    }

    /// <summary>The application's receive.</summary>
    public ValueTask<Event> TakeAsync(CancellationToken cancellationToken)
    {
        var next = ReceiveAsync(cancellationToken);
        if (!next.IsCompleted)
        {
            TellIfDrained();
        }

        return next;
    }

    /// <summary>Completes when the queue is empty and the application waits for the next event.</summary>
    public Task WhenDrained()
    {
        Task drained;
        lock (_lock)
        {
            _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained.Task;
        }

        TellIfDrained();
        return drained;
    }

    /// <inheritdoc/>
    protected override void OnTaken(Event message)
    {
    }

    private void TellIfDrained()
    {
        if (!IsStarving)
        {
            return;
        }

        lock (_lock)
        {
            _drained?.TrySetResult();
            _drained = null;
        }
    }
}
