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
        Queue queue;
        WaiterQueue<ChannelMessage>.Waiter waiter;
        bool isFirst;
        lock (_lock)
        {
            queue = Open(channel);
            while (queue.Stranded.TryDequeue(out var stranded))
            {
                if (stranded.ExpiresAt > time.GetTimestamp())
                {
                    Forget(channel, queue);
                    return stranded.Message;
                }
            }

            isFirst = queue.Waiters.Count == 0;
            waiter = queue.Waiters.Add();
        }

        if (isFirst)
        {
            demandChanged();
        }

        try
        {
            return await queue.Waiters.WaitAsync(waiter, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            ForgetIfUnwanted(channel);
            throw;
        }
    }

    /// <summary>Gives a popped message to one who waits; false when nobody does any more.</summary>
    public bool TryDeliver(string channel, ChannelMessage message)
    {
        bool delivered;
        lock (_lock)
        {
            if (!_queues.TryGetValue(channel, out var queue))
            {
                return false;
            }

            delivered = queue.Waiters.TryGive(message);
        }

        ForgetIfUnwanted(channel);
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

    private void ForgetIfUnwanted(string channel)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(channel, out var queue) || queue.Waiters.Count > 0)
            {
                return;
            }

            Forget(channel, queue);
        }

        demandChanged();
    }

    private Queue Open(string channel) => _queues.TryGetValue(channel, out var queue) ? queue : _queues[channel] = new(_lock);

    private void Forget(string channel, Queue queue)
    {
        if (queue.Waiters.Count == 0 && queue.Stranded.Count == 0)
        {
            _queues.Remove(channel);
        }
    }

    private sealed class Queue(Lock gate)
    {
        public WaiterQueue<ChannelMessage> Waiters { get; } = new(gate);

        public Queue<(ChannelMessage Message, long ExpiresAt)> Stranded { get; } = new(0);
    }
}
