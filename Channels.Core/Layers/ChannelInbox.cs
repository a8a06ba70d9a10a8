using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// The receiving end of one channel of this process: a bounded queue that layers post to from any thread and one
/// reader empties. Posting never waits.
/// </summary>
/// <remarks>
/// There is one per socket, so an idle inbox is this object and nothing else: the first message waits in the object
/// itself, an array exists only while several have been waiting lately, and the lock is one integer. Posting and taking
/// allocate nothing once the array has grown to the usual backlog.
/// </remarks>
public sealed class ChannelInbox : IAsyncDisposable
{
    // How often the inbox must have run empty without needing its array before the array is given back.
    private const int CalmRounds = 64;

    private readonly ChannelInboxOptions _options;
    private Action? _wakeUp;
    private Entry _first;     // the oldest message; set whenever any message waits that came to an empty inbox
    private Entry[]? _ring;   // the others; the length is a power of two
    private int _ringHead;
    private int _count;
    private int _gate;
    private byte _calm;
    private bool _ringUsed;
    private bool _readerWaits;
    private bool _closed;

    /// <summary>Makes an inbox; layers call this, applications use <see cref="IChannelLayer.OpenChannelAsync"/>.</summary>
    /// <param name="name">The channel's full name.</param>
    /// <param name="options">Capacity, expiry clock and clean-up.</param>
    public ChannelInbox(string name, ChannelInboxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _options = options ?? ChannelInboxOptions.Default;
    }

    /// <summary>The channel's full name: what others send to.</summary>
    public string Name { get; }

    /// <summary>How many messages wait unread, expired ones included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many unread messages the inbox holds; 0 or less means no limit.</summary>
    public int Capacity => _options.Capacity;

    /// <summary>Offers a message; layers call this. Thread-safe, never waits.</summary>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp (<see cref="TimeProvider.GetTimestamp"/> of the options' clock) after which it is dropped unread; <see cref="long.MaxValue"/> for never.</param>
    public InboxPostResult TryPost(ChannelMessage message, long expiresAt = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(message);
        var result = InboxPostResult.Posted;
        var expired = 0;
        Action? wakeUp = null;
        Enter();
        try
        {
            if (_closed)
            {
                return InboxPostResult.Closed;
            }

            if (_count >= _options.Capacity && _options.Capacity > 0)
            {
                expired = DropExpired();
                if (_count >= _options.Capacity)
                {
                    if (_options.FullMode == InboxFullMode.Refuse)
                    {
                        return InboxPostResult.Full;
                    }

                    Dequeue();
                    result = InboxPostResult.PostedDroppingOldest;
                }
            }

            Enqueue(message, expiresAt);
            if (_readerWaits)
            {
                _readerWaits = false;
                wakeUp = _wakeUp;
            }
        }
        finally
        {
            Exit();
        }

        ReportExpired(expired);
        wakeUp?.Invoke();
        return result;
    }

    /// <summary>
    /// Takes the oldest message that has not expired, without waiting. When there is none, the next message calls what
    /// <see cref="SetWakeUp"/> was given.
    /// </summary>
    /// <param name="message">The message.</param>
    public bool TryTake([NotNullWhen(true)] out ChannelMessage? message) => Take(arm: true, out message);

    /// <summary>
    /// Sets what is called, on the poster's thread, when a message arrives after <see cref="TryTake"/> found none. It
    /// must return at once. One reader only: <see cref="ReceiveAsync"/> sets its own.
    /// </summary>
    /// <param name="wakeUp">The callback.</param>
    public void SetWakeUp(Action wakeUp)
    {
        Enter();
        _wakeUp = wakeUp;
        Exit();
    }

    /// <summary>Waits for the next message. One reader at a time; giving up loses nothing.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The inbox is closed, or was closed while waiting.</exception>
    public ValueTask<ChannelMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ChannelMessage>(cancellationToken);
        }

        return Take(arm: false, out var message) ? ValueTask.FromResult(message) : WaitAsync(cancellationToken);
    }

    /// <summary>Closes the channel and leaves its groups; unread messages are dropped. May be called again.</summary>
    public ValueTask DisposeAsync()
    {
        Action? wakeUp;
        Enter();
        try
        {
            if (_closed)
            {
                return ValueTask.CompletedTask;
            }

            _closed = true;
            Empty();
            wakeUp = _wakeUp;
        }
        finally
        {
            Exit();
        }

        wakeUp?.Invoke();
        return _options.OnClose?.Invoke(this) ?? ValueTask.CompletedTask;
    }

    /// <summary>Drops all unread messages, without counting them.</summary>
    internal void Clear()
    {
        Enter();
        Empty();
        Exit();
    }

    private async ValueTask<ChannelMessage> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SetWakeUp(() => arrived.TrySetResult());
            if (Take(arm: true, out var message))
            {
                return message;
            }

            ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), this);
            await arrived.Task.WaitAsync(cancellationToken);
        }
    }

    private bool Take(bool arm, [NotNullWhen(true)] out ChannelMessage? message)
    {
        message = null;
        var expired = 0;
        Enter();
        try
        {
            while (_count > 0)
            {
                var entry = Dequeue();
                if (entry.ExpiresAt == long.MaxValue || entry.ExpiresAt > _options.Time.GetTimestamp())
                {
                    message = entry.Message;
                    break;
                }

                expired++;
            }

            if (message is null)
            {
                _readerWaits |= arm;
            }
        }
        finally
        {
            Exit();
        }

        ReportExpired(expired);
        return message is not null;
    }

    // A monitor or Lock would be a second object per socket. The sections are a few dozen instructions and call nothing
    // that waits, so spinning is right; Sleep(1) would turn one preempted holder into a millisecond of latency.
    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
        {
            EnterContended();
        }
    }

    private void EnterContended()
    {
        var spinner = new SpinWait();
        do
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref _gate) != 0 || Interlocked.CompareExchange(ref _gate, 1, 0) != 0);
    }

    private void Exit() => Volatile.Write(ref _gate, 0);

    private void Enqueue(ChannelMessage message, long expiresAt)
    {
        if (_count == 0)
        {
            _first = new(message, expiresAt);
            _count = 1;
            return;
        }

        var waiting = _first.Message is null ? _count : _count - 1;
        if (_ring is null || waiting == _ring.Length)
        {
            Grow(waiting);
        }

        _ring![(_ringHead + waiting) & (_ring.Length - 1)] = new(message, expiresAt); // Grow has made it
        _ringUsed = true;
        _count++;
    }

    private Entry Dequeue()
    {
        Entry entry;
        if (_first.Message is not null)
        {
            entry = _first;
            _first = default;
        }
        else
        {
            entry = _ring![_ringHead]; // messages that are not in _first are in the ring
            _ring[_ringHead] = default;
            _ringHead = (_ringHead + 1) & (_ring.Length - 1);
        }

        if (--_count == 0 && _ring is not null)
        {
            ReleaseRingWhenCalm();
        }

        return entry;
    }

    private void Grow(int waiting)
    {
        var larger = new Entry[Math.Max(4, waiting * 2)];
        for (var i = 0; i < waiting; i++)
        {
            larger[i] = _ring![(_ringHead + i) & (_ring.Length - 1)]; // waiting is 0 without a ring
        }

        (_ring, _ringHead) = (larger, 0);
    }

    private void ReleaseRingWhenCalm()
    {
        _calm = _ringUsed ? (byte)0 : (byte)(_calm + 1);
        _ringUsed = false;
        if (_calm >= CalmRounds)
        {
            (_ring, _ringHead, _calm) = (null, 0, 0);
        }
    }

    private int DropExpired()
    {
        var dropped = 0;
        var now = _options.Time.GetTimestamp();
        while (_count > 0)
        {
            ref var oldest = ref _first.Message is not null ? ref _first : ref _ring![_ringHead];
            if (oldest.ExpiresAt > now)
            {
                break;
            }

            Dequeue();
            dropped++;
        }

        return dropped;
    }

    private void Empty() => (_first, _ring, _ringHead, _count) = (default, null, 0, 0);

    private void ReportExpired(int count)
    {
        for (; count > 0; count--)
        {
            _options.OnExpired?.Invoke();
        }
    }

    private readonly record struct Entry(ChannelMessage Message, long ExpiresAt);
}
