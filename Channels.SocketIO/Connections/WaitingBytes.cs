namespace Channels.SocketIO;

/// <summary>
/// How much of what a client has sent waits for its handlers, in all its namespaces together: it is not read from while that is too
/// much. Thread-safe.
/// </summary>
/// <remarks>It is its own lock. Each connection keeps its share, which is less than 0 once nothing of it waits any more.</remarks>
/// <param name="most">How many bytes may wait.</param>
/// <param name="memory">By whom they are counted; null when nobody counts.</param>
internal sealed class WaitingBytes(long most, MemoryHolder? memory)
{
    private TaskCompletionSource? _room; // there while the client is not read from
    private MemoryShare _counted;
    private long _bytes;

    /// <summary>So many more wait; completes when there is room for others.</summary>
    /// <param name="share">The connection's own.</param>
    /// <param name="bytes">How many.</param>
    public Task AddAsync(ref long share, int bytes)
    {
        lock (this)
        {
            if (share < 0)
            {
                return Task.CompletedTask;
            }

            share += bytes;
            Count(bytes);
            return _bytes <= most ? Task.CompletedTask : (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>So many have been taken.</summary>
    public void Remove(ref long share, int bytes)
    {
        lock (this)
        {
            if (share >= 0)
            {
                share -= bytes;
                Free(bytes);
            }
        }
    }

    /// <summary>Nothing of the connection waits any more, nor ever will.</summary>
    public void Drop(ref long share)
    {
        lock (this)
        {
            Free(Math.Max(share, 0));
            share = -1;
        }
    }

    // Inside the lock.
    private void Free(long bytes)
    {
        Count(-bytes);
        if (_bytes <= most / 2)
        {
            _room?.SetResult();
            _room = null;
        }
    }

    // Inside the lock.
    private void Count(long bytes)
    {
        _bytes += bytes;
        _counted.Set(_bytes, memory);
    }
}
