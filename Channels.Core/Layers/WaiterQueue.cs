namespace Channels;

/// <summary>
/// Receivers that wait for one item each; the one that has waited longest gets the next. A receiver that gives up loses
/// nothing: an item is either its result, or somebody else's.
/// </summary>
/// <remarks>
/// Guarded by its owner's lock, because looking for an item and beginning to wait must be one step: <see cref="Add"/>,
/// <see cref="TryGive"/>, <see cref="Fail"/> and <see cref="Count"/> are used with the lock held, <see cref="WaitAsync"/> without it. Giving up
/// needs no lock: whichever of the item and the cancellation comes first decides the receiver's task.
/// </remarks>
/// <typeparam name="T">What they wait for.</typeparam>
/// <param name="gate">The owner's lock.</param>
internal sealed class WaiterQueue<T>(Lock gate)
{
    private readonly LinkedList<Waiter> _waiters = new();
    private Exception? _failure; // what whoever waits is told once nothing comes any more

    /// <summary>How many wait.</summary>
    public int Count => _waiters.Count;

    /// <summary>Begins to wait.</summary>
    /// <param name="only">The name of the items it takes; null takes all.</param>
    public Waiter Add(string? only = null)
    {
        var waiter = new Waiter(only);
        if (_failure is null)
        {
            waiter.Place = _waiters.AddLast(waiter);
        }
        else
        {
            waiter.SetException(_failure);
        }

        return waiter;
    }

    /// <summary>Gives an item to the first receiver that takes it; false when none does.</summary>
    /// <param name="item">The item.</param>
    /// <param name="name">Its name; null is taken only by receivers that take all.</param>
    public bool TryGive(T item, string? name = null)
    {
        for (var place = _waiters.First; place is not null;)
        {
            var (waiter, next) = (place.Value, place.Next);
            if (waiter.Only is null || waiter.Only == name)
            {
                Remove(waiter);
                if (waiter.TrySetResult(item))
                {
                    return true;
                }
            }

            place = next;
        }

        return false;
    }

    /// <summary>Ends all waiting with an error, and whatever begins from now on.</summary>
    public void Fail(Exception error)
    {
        _failure = error;
        foreach (var waiter in _waiters)
        {
            waiter.TrySetException(error);
        }
    }

    /// <summary>Waits for the item; when it ends, however it ends, the receiver is no longer in the queue.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before an item was given.</exception>
    public async Task<T> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var giveUp = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter); // the state is the waiter given here
        try
        {
            return await waiter.Task;
        }
        finally
        {
            lock (gate)
            {
                Remove(waiter);
            }
        }
    }

    private void Remove(Waiter waiter)
    {
        if (waiter.Place is { } place)
        {
            waiter.Place = null;
            _waiters.Remove(place);
        }
    }

    /// <summary>One receiver.</summary>
    public sealed class Waiter(string? only) : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>The name of the items it takes; null takes all.</summary>
        public string? Only => only;

        /// <summary>Where it stands in the queue; null when it has left it. Guarded by the lock.</summary>
        public LinkedListNode<Waiter>? Place { get; set; }
    }
}
