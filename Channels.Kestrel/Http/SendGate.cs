namespace Channels.Kestrel;

/// <summary>
/// Lets one sender through at a time, in the order of arrival. Entering when nobody is inside allocates nothing.
/// Thread-safe.
/// </summary>
internal sealed class SendGate
{
    private readonly Lock _lock = new();
    private bool _taken;
    private Queue<TaskCompletionSource>? _waiting;

    public bool TryEnter()
    {
        lock (_lock)
        {
            return !_taken && (_taken = true);
        }
    }

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting ??= new()).Enqueue(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task;
    }

    public void Exit()
    {
        lock (_lock)
        {
            while (_waiting is { Count: > 0 })
            {
                // A sender that gave up has cancelled its turn; the next one gets it.
                if (_waiting.Dequeue().TrySetResult())
                {
                    return;
                }
            }

            _taken = false;
        }
    }
}
