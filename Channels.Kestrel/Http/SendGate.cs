namespace Channels.Kestrel;

/// <summary>
/// Lets one sender through at a time, in the order of arrival. Without a queue, entering and leaving cost one
/// interlocked operation each and allocate nothing. Thread-safe.
/// </summary>
internal sealed class SendGate
{
    private const int Free = 0;
    private const int Taken = 1;
    private const int TakenWithQueue = 2;

    private int _state;
    private Queue<TaskCompletionSource>? _waiting;

    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Taken, Free) == Free;

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (Enqueue() is not { } turn)
        {
            return;
        }

        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task;
    }

    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Taken) != Taken)
        {
            PassOn();
        }
    }

    // The object is seen by its exchange only, so that its own monitor can guard the queue.
    private TaskCompletionSource? Enqueue()
    {
        lock (this)
        {
            // Either the gate is free after all, or its holder learns that somebody waits.
            while (Interlocked.CompareExchange(ref _state, TakenWithQueue, Taken) == Free)
            {
                if (TryEnter())
                {
                    return null;
                }
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting ??= new()).Enqueue(turn);
            return turn;
        }
    }

    private void PassOn()
    {
        lock (this)
        {
            while (_waiting is { Count: > 0 })
            {
                // A sender that gave up has cancelled its turn; the next one gets it.
                if (_waiting.Dequeue().TrySetResult())
                {
                    return;
                }
            }

            Volatile.Write(ref _state, Free);
        }
    }
}
