using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// The queues of channels that nobody holds open as an inbox: normal channels, and channels of process parts that are
/// read by name. A queue exists only while messages or receivers wait in it.
/// </summary>
/// <param name="maxBytes">How many bytes the messages of one queue may hold together.</param>
/// <remarks>
/// A process part (<c>p!</c>) is one queue, as the specification has it: its capacity is shared by all names behind it,
/// a receiver of <c>p!</c> gets the messages of all of them in order, a receiver of <c>p!x</c> those of one.
/// </remarks>
internal sealed class SharedQueues(long maxBytes)
{
    private readonly ConcurrentDictionary<string, SharedQueue> _queues = new(StringComparer.Ordinal);

    public int Count => _queues.Count;

    /// <summary>Puts a message in; false when the queue is full.</summary>
    public bool TrySend(string channel, ChannelMessage message, int capacity, long now, long expiresAt, out int expired)
    {
        while (true)
        {
            if (Open(channel).TrySend(channel, message, capacity, maxBytes, now, expiresAt, out var full, out expired))
            {
                return !full;
            }

            Thread.Yield(); // the queue has just run empty; its reader is about to forget it
        }
    }

    /// <summary>Takes the oldest message, or waits for the next one.</summary>
    public ValueTask<ChannelMessage> ReceiveAsync(string channel, long now, out int expired, CancellationToken cancellationToken)
    {
        while (true)
        {
            var queue = Open(channel);
            if (queue.TryReceive(channel, now, out var message, out var waiter, out expired))
            {
                if (waiter is not null)
                {
                    return new(WaitAsync(queue, waiter, cancellationToken));
                }

                ForgetIfEmpty(queue);
                return new(message!); // there is a message or a waiter
            }

            Thread.Yield();
        }
    }

    /// <summary>Drops what has expired everywhere; returns how many.</summary>
    public int Sweep(long now)
    {
        var expired = 0;
        foreach (var (_, queue) in _queues)
        {
            expired += queue.Sweep(now);
            ForgetIfEmpty(queue);
        }

        return expired;
    }

    public void Flush()
    {
        foreach (var (_, queue) in _queues)
        {
            queue.Clear();
            ForgetIfEmpty(queue);
        }
    }

    private async Task<ChannelMessage> WaitAsync(SharedQueue queue, WaiterQueue<ChannelMessage>.Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.WaitAsync(waiter, cancellationToken);
        }
        finally
        {
            ForgetIfEmpty(queue);
        }
    }

    private SharedQueue Open(string channel) =>
        _queues.GetOrAdd(ChannelNames.NonLocalPart(channel), static name => new SharedQueue(name));

    private void ForgetIfEmpty(SharedQueue queue)
    {
        if (queue.TryVanish())
        {
            _queues.TryRemove(new(queue.Name, queue));
        }
    }
}
