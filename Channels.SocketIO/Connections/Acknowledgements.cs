namespace Channels.SocketIO;

/// <summary>The answers that a client owes, by their numbers. Thread-safe.</summary>
/// <param name="most">How many may be owed at once.</param>
internal sealed class Acknowledgements(int most)
{
    private readonly Lock _gate = new();
    private Dictionary<long, TaskCompletionSource<SocketIOArguments>>? _waiting; // most clients owe none
    private long _last = -1;

    /// <summary>A number that this client was not given before.</summary>
    public long NextId() => Interlocked.Increment(ref _last);

    /// <summary>Waits for an answer.</summary>
    /// <exception cref="InvalidOperationException">Too many are owed already.</exception>
    public Task<SocketIOArguments> Add(long id)
    {
        var answer = new TaskCompletionSource<SocketIOArguments>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting ??= [];
            if (_waiting.Count >= most)
            {
                throw new InvalidOperationException($"The client owes {most} acknowledgements, which is the most that may be waited for ({nameof(SocketIOOptions.MaxWaitingAcknowledgements)}); give each a time by which it is given up.");
            }

            _waiting.Add(id, answer);
        }

        return answer.Task;
    }

    /// <summary>An answer has come; one that nobody waits for is passed over.</summary>
    public void Answer(long id, SocketIOArguments arguments)
    {
        TaskCompletionSource<SocketIOArguments>? answer = null;
        lock (_gate)
        {
            _waiting?.Remove(id, out answer);
        }

        answer?.TrySetResult(arguments);
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Forget(long id)
    {
        lock (_gate)
        {
            _waiting?.Remove(id);
        }
    }

    /// <summary>The client has gone: no answer will come.</summary>
    public void FailAll()
    {
        Dictionary<long, TaskCompletionSource<SocketIOArguments>>? waiting;
        lock (_gate)
        {
            (waiting, _waiting) = (_waiting, null);
        }

        foreach (var answer in waiting?.Values ?? (IEnumerable<TaskCompletionSource<SocketIOArguments>>)[])
        {
            answer.TrySetException(new AcknowledgementException("The client has gone before it acknowledged the event.", new ConnectionClosedException()));
        }
    }
}
