using System.Diagnostics.CodeAnalysis;

namespace Channels.Testing;

/// <summary>
/// An unbounded queue of events with one reader, which also tells when the reader has taken everything and asks for
/// more. Giving up a wait loses nothing. Thread-safe.
/// </summary>
internal sealed class EventQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<Event> _events = new();
    private TaskCompletionSource? _arrival; // there while the queue is empty and somebody waits for it
    private TaskCompletionSource? _drained;

    public void Add(Event message)
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            _events.Enqueue(message);
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
    }

    public bool TryPeek([NotNullWhen(true)] out Event? message)
    {
        lock (_lock)
        {
            return _events.TryPeek(out message);
        }
    }

    public bool TryTake([NotNullWhen(true)] out Event? message)
    {
        lock (_lock)
        {
            return _events.TryDequeue(out message);
        }
    }

    public async ValueTask<Event> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var arrived = WhenAny();
            if (TryTake(out var message))
            {
                return message;
            }

            await arrived.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes when an event waits in the queue.</summary>
    public Task WhenAny()
    {
        TaskCompletionSource? drained;
        Task arrived;
        lock (_lock)
        {
            if (_events.Count > 0)
            {
                return Task.CompletedTask;
            }

            _arrival ??= NewSignal();
            arrived = _arrival.Task;
            (drained, _drained) = (_drained, null);
        }

        drained?.TrySetResult();
        return arrived;
    }

    /// <summary>Completes when the queue is empty and its reader waits for the next event.</summary>
    public Task WhenDrained()
    {
        lock (_lock)
        {
            return _events.Count == 0 && _arrival is not null ? Task.CompletedTask : (_drained ??= NewSignal()).Task;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
