using System.Diagnostics.CodeAnalysis;

namespace Channels.Testing;

/// <summary>What the application under test has sent, for the test to look at and take. Thread-safe.</summary>
internal sealed class EventQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<Event> _events = new();
    private TaskCompletionSource? _arrival; // there while the queue is empty and somebody waits for it

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

    /// <summary>Completes when an event waits in the queue.</summary>
    public Task WhenAny()
    {
        lock (_lock)
        {
            return _events.Count > 0 ? Task.CompletedTask : (_arrival ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
