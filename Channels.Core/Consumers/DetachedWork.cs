namespace Channels;

/// <summary>
/// The background work of one consumer: cancelled when the peer goes away, awaited when the consumer ends. Thread-safe.
/// </summary>
internal sealed class DetachedWork
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancellation;
    private readonly ConsumerContext _context;
    private readonly Queue<Exception> _errors = new(0);
    private readonly AsyncLocal<bool>? _current; // needed only where it makes a difference whether an event is at hand
    private TaskCompletionSource? _idle;
    private volatile bool _failed;
    private int _running;

    public DetachedWork(ConsumerContext context)
    {
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.Scope.Aborted);
        _context = context;
        _current = context.ScopePerEvent ? new AsyncLocal<bool>() : null;
    }

    /// <summary>Whether the code that asks is part of the work, and not a handler beside it. Only known with a scope per event.</summary>
    public bool IsCurrent => _current is { Value: true };

    /// <summary>The work of one consumer, made with its first piece. One caller at a time.</summary>
    /// <exception cref="InvalidOperationException">The consumer has ended.</exception>
    public static DetachedWork Of(Type consumer, ConsumerContext context) => context.HasEnded
        ? throw new InvalidOperationException($"{consumer.Name} has ended; nothing can be detached from it any more.")
        : context.Detached ??= new DetachedWork(context);

    /// <summary>Starts the work on the thread pool.</summary>
    public void Start(Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            _running++;
        }

        _ = Task.Run(() => RunAsync(work)); // never fails, and EndAsync waits for it
    }

    // Work may hear of the connection's end before its own token does, which is called back like everything else that hangs on it.
    private bool HasEnded => _context.Scope.Aborted.IsCancellationRequested || _cancellation.IsCancellationRequested;

    /// <summary>Whether any work has failed.</summary>
    public bool HasFailed => _failed;

    /// <summary>Takes the oldest failure, which counts like a handler's. For the loop, after <see cref="HasFailed"/>.</summary>
    public Exception TakeFailure()
    {
        lock (_lock)
        {
            var error = _errors.Dequeue(); // there before the flag, and only the loop takes it
            _failed = _errors.Count > 0;
            return error;
        }
    }

    public Task CancelAsync() => _cancellation.CancelAsync();

    /// <summary>Waits for all work, and tells the failures that <see cref="TakeFailure"/> has not taken. The last that is done with it.</summary>
    public async ValueTask EndAsync(ConsumerEnd end)
    {
        TaskCompletionSource? idle = null;
        lock (_lock)
        {
            if (_running > 0)
            {
                idle = _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        if (idle is not null)
        {
            await idle.Task;
        }

        foreach (var error in _errors)
        {
            end.Add("detached work", error);
        }

        _cancellation.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            _current?.Value = true; // until the end of this method, and for what it calls
            await work(_cancellation.Token);
        }
        catch (Exception error)
        {
            Fail(error); // nobody awaits the work; the loop or the consumer's end reports it
        }

        lock (_lock)
        {
            if (--_running == 0)
            {
                _idle?.TrySetResult();
            }
        }
    }

    private void Fail(Exception error)
    {
        if (EndedConnection.IsToldBy(error)
            || (HasEnded && (error is OperationCanceledException || error.InnerException is ConnectionClosedException)))
        {
            return; // the peer went away
        }

        lock (_lock)
        {
            _errors.Enqueue(error);
            _failed = true;
        }

        _context.Wake();
    }
}
