namespace Channels;

/// <summary>
/// The unread messages of one normal channel, or of all channels of one process part (<c>p!</c>), and the receivers that
/// wait for them. A message goes to the receiver that has waited longest; it is handed over under the lock, so a
/// receiver that gives up either gets it or leaves it for the next one.
/// </summary>
internal sealed class SharedQueue(string name)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _messages = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private bool _vanished;

    public string Name { get; } = name;

    /// <summary>Puts a message in; false when the queue has just vanished because it was empty.</summary>
    /// <param name="channel">The full name.</param>
    /// <param name="message">The message.</param>
    /// <param name="capacity">How many may wait.</param>
    /// <param name="now">The time.</param>
    /// <param name="expiresAt">When the message is dropped unread.</param>
    /// <param name="full">True when it was refused.</param>
    /// <param name="expired">How many older ones were dropped because they had expired.</param>
    public bool TrySend(string channel, ChannelMessage message, int capacity, long now, long expiresAt, out bool full, out int expired)
    {
        (full, expired) = (false, 0);
        lock (_lock)
        {
            if (_vanished)
            {
                return false;
            }

            if (TakeWaiter(channel) is { } waiter)
            {
                waiter.TrySetResult(message);
                return true;
            }

            expired = _messages.Count >= capacity ? DropExpired(now) : 0;
            full = _messages.Count >= capacity;
            if (!full)
            {
                _messages.AddLast(new Entry(channel, message, expiresAt));
            }

            return true;
        }
    }

    /// <summary>Takes the oldest message for the channel, or waits; null when the queue has just vanished.</summary>
    /// <param name="channel">The full name, or the queue's own for whatever comes.</param>
    /// <param name="now">The time.</param>
    /// <param name="message">The message that was there.</param>
    /// <param name="expired">How many older ones were dropped because they had expired.</param>
    /// <returns>What to wait on when there was no message.</returns>
    public Waiter? Receive(string channel, long now, out ChannelMessage? message, out int expired)
    {
        (message, expired) = (null, 0);
        lock (_lock)
        {
            if (_vanished)
            {
                return null;
            }

            expired = DropExpired(now);
            var waiter = new Waiter(this, channel);
            for (var entry = _messages.First; entry is not null; entry = entry.Next)
            {
                if (channel == Name || channel == entry.Value.Channel)
                {
                    _messages.Remove(entry);
                    message = entry.Value.Message;
                    return waiter;
                }
            }

            waiter.Place = _waiters.AddLast(waiter);
            return waiter;
        }
    }

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

    private int DropExpired(long now)
    {
        var dropped = 0;
        while (_messages.First is { } oldest && oldest.Value.ExpiresAt <= now)
        {
            _messages.RemoveFirst();
            dropped++;
        }

        return dropped;
    }

    private Waiter? TakeWaiter(string channel)
    {
        for (var place = _waiters.First; place is not null; place = place.Next)
        {
            if (place.Value.Channel == channel || place.Value.Channel == Name)
            {
                _waiters.Remove(place);
                place.Value.Place = null;
                return place.Value;
            }
        }

        return null;
    }

    private bool Forget(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Place is null)
            {
                return false; // a message was handed over before
            }

            _waiters.Remove(waiter.Place);
            waiter.Place = null;
            return true;
        }
    }

    private readonly record struct Entry(string Channel, ChannelMessage Message, long ExpiresAt);

    /// <summary>One receiver that waits.</summary>
    public sealed class Waiter(SharedQueue queue, string channel)
        : TaskCompletionSource<ChannelMessage>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Channel { get; } = channel;

        /// <summary>The place in the line; null when a message was handed over or the receiver gave up.</summary>
        public LinkedListNode<Waiter>? Place { get; set; }

        /// <summary>Gives up, unless a message was handed over before.</summary>
        public void GiveUp(CancellationToken cancellationToken)
        {
            if (queue.Forget(this))
            {
                TrySetCanceled(cancellationToken);
            }
        }
    }
}
