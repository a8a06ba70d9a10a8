namespace Channels.Layers.Redis;

/// <summary>
/// Who waits for messages of channels that several readers share. A key is popped only while somebody waits for it, so a
/// receiver that gives up loses nothing. Thread-safe.
/// </summary>
/// <param name="demandChanged">Called, outside the lock, when the set of keys to pop has changed.</param>
/// <param name="time">The clock of <see cref="Strand"/>.</param>
internal sealed class SharedChannels(Action demandChanged, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue> _queues = new(StringComparer.Ordinal);

    /// <summary>The channels somebody waits for now.</summary>
    public string[] Wanted
    {
        get
        {
            lock (_lock)
            {
                return [.. _queues.Where(queue => queue.Value.Waiters.Count > 0).Select(queue => queue.Key)];
            }
        }
    }

    /// <summary>Waits for the next message of a channel.</summary>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<ChannelMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isFirst = false;
        lock (_lock)
        {
            var queue = Open(channel);
            while (queue.Stranded.TryDequeue(out var stranded))
            {
                if (stranded.ExpiresAt > time.GetTimestamp())
                {
                    Forget(channel, queue);
                    return stranded.Message;
                }
            }

            isFirst = queue.Waiters.Count == 0;
            queue.Waiters.AddLast(waiter);
        }

        if (isFirst)
        {
            demandChanged();
        }

        await using var giveUp = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<ChannelMessage>)state!).TrySetCanceled(token), waiter); // the state is the waiter given here
        try
        {
            return await waiter.Task;
        }
        finally
        {
            Remove(channel, waiter);
        }
    }

    /// <summary>Gives a popped message to one who waits; false when nobody does any more.</summary>
    public bool TryDeliver(string channel, ChannelMessage message)
    {
        var delivered = false;
        var wasLast = false;
        lock (_lock)
        {
            if (!_queues.TryGetValue(channel, out var queue))
            {
                return false;
            }

            while (!delivered && queue.Waiters.First is { } first)
            {
                queue.Waiters.RemoveFirst();
                delivered = first.Value.TrySetResult(message);
            }

            wasLast = queue.Waiters.Count == 0;
            Forget(channel, queue);
        }

        if (wasLast)
        {
            demandChanged();
        }

        return delivered;
    }

    /// <summary>Keeps a popped message that could not be put back for the next receiver of this process.</summary>
    public void Strand(string channel, ChannelMessage message, long expiresAt)
    {
        lock (_lock)
        {
            Open(channel).Stranded.Enqueue((message, expiresAt));
        }
    }

    private void Remove(string channel, TaskCompletionSource<ChannelMessage> waiter)
    {
        var wasLast = false;
        lock (_lock)
        {
            if (_queues.TryGetValue(channel, out var queue) && queue.Waiters.Remove(waiter))
            {
                wasLast = queue.Waiters.Count == 0;
                Forget(channel, queue);
            }
        }

        if (wasLast)
        {
            demandChanged();
        }
    }

    private Queue Open(string channel) => _queues.TryGetValue(channel, out var queue) ? queue : _queues[channel] = new();

    private void Forget(string channel, Queue queue)
    {
        if (queue.Waiters.Count == 0 && queue.Stranded.Count == 0)
        {
            _queues.Remove(channel);
        }
    }

    private sealed class Queue
    {
        public LinkedList<TaskCompletionSource<ChannelMessage>> Waiters { get; } = new();

        public Queue<(ChannelMessage Message, long ExpiresAt)> Stranded { get; } = new(0);
    }
}
