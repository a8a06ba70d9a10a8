namespace Channels;

/// <summary>
/// The unread messages of one normal channel, or of all channels of one process part (<c>p!</c>), and the receivers that
/// wait for them. A message goes to the receiver that has waited longest; it is handed over under the lock, so a
/// receiver that gives up either gets it or leaves it for the next one.
/// </summary>
internal sealed class SharedQueue
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _messages = new();
    private readonly WaiterQueue<ChannelMessage> _waiters;
    private long _bytes;
    private bool _vanished;

    public SharedQueue(string name) => (Name, _waiters) = (name, new(_lock));

    public string Name { get; }

    /// <summary>Puts a message in; false when the queue has just vanished because it was empty.</summary>
    /// <param name="channel">The full name.</param>
    /// <param name="message">The message.</param>
    /// <param name="capacity">How many may wait.</param>
    /// <param name="maxBytes">How many bytes those that wait may hold.</param>
    /// <param name="now">The time.</param>
    /// <param name="expiresAt">When the message is dropped unread.</param>
    /// <param name="full">True when it was refused.</param>
    /// <param name="expired">How many older ones were dropped because they had expired.</param>
    public bool TrySend(string channel, ChannelMessage message, int capacity, long maxBytes, long now, long expiresAt, out bool full, out int expired)
    {
        (full, expired) = (false, 0);
        lock (_lock)
        {
            if (_vanished || _waiters.TryGive(message, channel))
            {
                return !_vanished;
            }
        }

        var size = MessageSize.Of(message); // runs getters of the application's records: not under the lock
        lock (_lock)
        {
            if (_vanished || _waiters.TryGive(message, channel))
            {
                return !_vanished;
            }

            if (IsFull(size, capacity, maxBytes))
            {
                expired = DropExpired(now);
                full = IsFull(size, capacity, maxBytes);
            }

            if (!full)
            {
                _messages.AddLast(new Entry(channel, message, expiresAt, size));
                _bytes += size;
            }

            return true;
        }
    }

    /// <summary>Takes the oldest message for the channel, or begins to wait; false when the queue has just vanished.</summary>
    /// <param name="channel">The full name, or the queue's own for whatever comes.</param>
    /// <param name="now">The time.</param>
    /// <param name="message">The message that was there.</param>
    /// <param name="waiter">What to give to <see cref="WaitAsync"/> when there was none.</param>
    /// <param name="expired">How many older ones were dropped because they had expired.</param>
    public bool TryReceive(string channel, long now, out ChannelMessage? message, out WaiterQueue<ChannelMessage>.Waiter? waiter, out int expired)
    {
        (message, waiter, expired) = (null, null, 0);
        lock (_lock)
        {
            if (_vanished)
            {
                return false;
            }

            expired = DropExpired(now);
            for (var entry = _messages.First; entry is not null; entry = entry.Next)
            {
                if (channel == Name || channel == entry.Value.Channel)
                {
                    _messages.Remove(entry);
                    _bytes -= entry.Value.Size;
                    message = entry.Value.Message;
                    return true;
                }
            }

            waiter = _waiters.Add(channel == Name ? null : channel);
            return true;
        }
    }

    /// <summary>Waits for the next message.</summary>
    public Task<ChannelMessage> WaitAsync(WaiterQueue<ChannelMessage>.Waiter waiter, CancellationToken cancellationToken) => _waiters.WaitAsync(waiter, cancellationToken);

    /// <summary>Drops what has expired; returns how many.</summary>
    public int Sweep(long now)
    {
        lock (_lock)
        {
            return DropExpired(now);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _messages.Clear();
            _bytes = 0;
        }
    }

    /// <summary>True, once, when nothing waits on either side; from then on the queue refuses everything.</summary>
    public bool TryVanish()
    {
        lock (_lock)
        {
            return !_vanished && _messages.Count == 0 && _waiters.Count == 0 && (_vanished = true);
        }
    }

    private bool IsFull(long size, int capacity, long maxBytes) => _messages.Count >= capacity || _bytes + size > maxBytes;

    private int DropExpired(long now)
    {
        var dropped = 0;
        while (_messages.First is { } oldest && oldest.Value.ExpiresAt <= now)
        {
            _messages.RemoveFirst();
            _bytes -= oldest.Value.Size;
            dropped++;
        }

        return dropped;
    }

    private readonly record struct Entry(string Channel, ChannelMessage Message, long ExpiresAt, long Size);
}
