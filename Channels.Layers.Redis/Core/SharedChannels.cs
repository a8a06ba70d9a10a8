namespace Channels.Layers.Redis;

/// <summary>
/// Who waits for messages of channels that several readers share. A key is popped only while somebody waits for it, so a
/// receiver that gives up loses nothing. Thread-safe.
/// </summary>
/// <param name="demandChanged">Called, outside the lock, when the set of keys to pop has changed.</param>
/// <param name="time">The clock of <see cref="Strand"/>.</param>
/// <param name="drops">Where it is counted what has expired here.</param>
internal sealed class SharedChannels(Action demandChanged, TimeProvider time, LayerDrops drops)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue> _queues = new(StringComparer.Ordinal);
    private bool _ended;

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
    /// <exception cref="ObjectDisposedException">The layer has ended.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken)
    {
        Queue queue;
        ChannelMessage? stranded;
        WaiterQueue<ChannelMessage>.Waiter? waiter = null;
        int expired;
        var isFirst = false;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, typeof(RedisCoreLayer));
            queue = Open(channel);
            (stranded, expired) = TakeStranded(queue);
            if (stranded is null)
            {
                isFirst = queue.Waiters.Count == 0;
                waiter = queue.Waiters.Add();
            }

            Forget(channel, queue);
        }

        if (expired > 0)
        {
            drops.Expired(expired);
        }

        if (isFirst)
        {
            demandChanged();
        }

        try
        {
            return stranded ?? await queue.Waiters.WaitAsync(waiter!, cancellationToken); // one of them is there
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

    /// <summary>Gives a popped message that could not be put back to one who waits by now, or keeps it for the next receiver of this process.</summary>
    public void Strand(string channel, ChannelMessage message, long expiresAt)
    {
        if (expiresAt <= time.GetTimestamp())
        {
            drops.Expired();
            return;
        }

        lock (_lock)
        {
            var queue = Open(channel);
            if (!queue.Waiters.TryGive(message))
            {
                queue.Stranded.Enqueue((message, expiresAt));
            }
        }

        ForgetIfUnwanted(channel);
    }

    /// <summary>Nothing comes any more: ends all waiting, and refuses more of it.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (var (_, queue) in _queues)
            {
                queue.Waiters.Fail(new ObjectDisposedException(nameof(RedisCoreLayer)));
            }
        }
    }

    private (ChannelMessage? Message, int Expired) TakeStranded(Queue queue)
    {
        var expired = 0;
        for (; queue.Stranded.TryDequeue(out var stranded); expired++)
        {
            if (stranded.ExpiresAt > time.GetTimestamp())
            {
                return (stranded.Message, expired);
            }
        }

        return (null, expired);
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
