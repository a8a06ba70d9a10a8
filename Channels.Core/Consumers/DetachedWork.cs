using System.Runtime.ExceptionServices;

namespace Channels;

/// <summary>
/// The background work of one consumer: cancelled when the peer goes away, awaited when the consumer ends. Thread-safe.
/// </summary>
internal sealed class DetachedWork : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancellation;
    private readonly LoopSignal _signal;
    private readonly Queue<Exception> _errors = new(0);
    private TaskCompletionSource? _idle;
    private volatile bool _failed;
    private int _running;

    public DetachedWork(LoopSignal signal, CancellationToken aborted)
    {
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _signal = signal;
    }

    /// <summary>Starts the work on the thread pool.</summary>
    public void Start(Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            _running++;
        }

        _ = Task.Run(() => RunAsync(work)); // never fails, and EndAsync waits for it
    }

    /// <summary>Whether any work has failed.</summary>
    public bool HasFailed => _failed;

    /// <summary>Throws the first failure, so that it ends the consumer like a handler's.</summary>
    public void ThrowFailure()
    {
        Exception error;
        lock (_lock)
        {
            error = _errors.Dequeue(); // set before the flag, and only the loop takes it
        }

        ExceptionDispatchInfo.Throw(error);
    }

    public Task CancelAsync() => _cancellation.CancelAsync();

    /// <summary>Waits for all work; returns the failures that <see cref="ThrowFailure"/> has not thrown.</summary>
    public async Task<IReadOnlyCollection<Exception>> EndAsync()
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

        return _errors;
    }

    public void Dispose() => _cancellation.Dispose();

    private async Task RunAsync(Func<CancellationToken, Task> work)
    {
        try
        {
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
        if (error is ConnectionClosedException || (error is OperationCanceledException && _cancellation.IsCancellationRequested))
        {
            return; // the peer went away
        }

        lock (_lock)
        {
            _errors.Enqueue(error);
        }

        _failed = true;
        _signal.Wake();
    }
}
