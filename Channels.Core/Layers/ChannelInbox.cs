using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// The receiving end of one channel of this process: a bounded queue that layers post to from any thread and one
/// reader empties. Posting never waits.
/// </summary>
public sealed class ChannelInbox : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly ChannelInboxOptions _options;
    private readonly Queue<Entry> _queue = new(0); // grows on demand: most idle sockets never hold a message
    private Action? _wakeUp;
    private bool _readerWaits;
    private bool _closed;

    /// <summary>Makes an inbox; layers call this, applications use <see cref="IChannelLayer.OpenChannelAsync"/>.</summary>
    /// <param name="name">The channel's full name.</param>
    /// <param name="options">Capacity, expiry clock and clean-up.</param>
    public ChannelInbox(string name, ChannelInboxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _options = options ?? new();
    }

    /// <summary>The channel's full name: what others send to.</summary>
    public string Name { get; }

    /// <summary>How many messages wait unread, expired ones included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Offers a message; layers call this. Thread-safe, never waits.</summary>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp (<see cref="TimeProvider.GetTimestamp"/> of the options' clock) after which it is dropped unread; <see cref="long.MaxValue"/> for never.</param>
    public InboxPostResult TryPost(ChannelMessage message, long expiresAt = long.MaxValue)
    {
        var result = InboxPostResult.Posted;
        Action? wakeUp = null;
        lock (_lock)
        {
            if (_closed)
            {
                return InboxPostResult.Closed;
            }

            if (_options.Capacity > 0 && _queue.Count >= _options.Capacity && !DropExpiredHead())
            {
                if (_options.FullMode == InboxFullMode.Refuse)
                {
                    return InboxPostResult.Full;
                }

                _queue.Dequeue();
                result = InboxPostResult.PostedDroppingOldest;
            }

            _queue.Enqueue(new(message, expiresAt));
            if (_readerWaits)
            {
                _readerWaits = false;
                wakeUp = _wakeUp;
            }
        }

        wakeUp?.Invoke();
        return result;
    }

    /// <summary>
    /// Takes the oldest message that has not expired, without waiting. When there is none, the next message calls what
    /// <see cref="SetWakeUp"/> was given.
    /// </summary>
    /// <param name="message">The message.</param>
    public bool TryTake([NotNullWhen(true)] out ChannelMessage? message)
    {
        lock (_lock)
        {
            while (_queue.TryDequeue(out var entry))
            {
                if (entry.ExpiresAt == long.MaxValue || entry.ExpiresAt > _options.Time.GetTimestamp())
                {
                    message = entry.Message;
                    return true;
                }

                _options.OnExpired?.Invoke();
            }

            _readerWaits = true;
        }

        message = null;
        return false;
    }

    /// <summary>
    /// Sets what is called, on the poster's thread, when a message arrives after <see cref="TryTake"/> found none. It
    /// must return at once. One reader only: <see cref="ReceiveAsync"/> sets its own.
    /// </summary>
    /// <param name="wakeUp">The callback.</param>
    public void SetWakeUp(Action wakeUp)
    {
        lock (_lock)
        {
            _wakeUp = wakeUp;
        }
    }

    /// <summary>Waits for the next message. One reader at a time; giving up loses nothing.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The inbox was closed while waiting.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SetWakeUp(() => arrived.TrySetResult());
            cancellationToken.ThrowIfCancellationRequested();
            if (TryTake(out var message))
            {
                return message;
            }

            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
            }

            await arrived.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Closes the channel and leaves its groups; unread messages are dropped. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        Action? wakeUp;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _queue.Clear();
            wakeUp = _wakeUp;
        }

        wakeUp?.Invoke();
        if (_options.OnClose is { } close)
        {
            await close(this);
        }
    }

    private bool DropExpiredHead()
    {
        if (!_queue.TryPeek(out var head) || head.ExpiresAt == long.MaxValue || head.ExpiresAt > _options.Time.GetTimestamp())
        {
            return false;
        }

        _queue.Dequeue();
        _options.OnExpired?.Invoke();
        return true;
    }

    private readonly record struct Entry(ChannelMessage Message, long ExpiresAt);
}
