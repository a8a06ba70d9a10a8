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
public sealed partial class ChannelInbox : IAsyncDisposable
{
    private readonly ChannelInboxOptions _options;
    private IInboxReader? _reader;
    private InboxBacklog _backlog; // mutable struct: part of this object, guarded by the gate
    private int _gate;
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
    public int Count => _backlog.Count;

    /// <summary>How many unread messages the inbox holds; 0 or less means no limit.</summary>
    public int Capacity => _options.Capacity;

    /// <summary>Offers a message; layers call this. Thread-safe, never waits.</summary>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp (<see cref="TimeProvider.GetTimestamp"/> of the options' clock) after which it is dropped unread; <see cref="long.MaxValue"/> for never.</param>
    public InboxPostResult TryPost(ChannelMessage message, long expiresAt = long.MaxValue)
    {
        var result = TryPost(message, expiresAt, out var sleeper);
        sleeper?.Wake();
        return result;
    }

    /// <summary>The same, but it is the caller who wakes the reader: for broadcasts, which wake many together.</summary>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
    /// <param name="sleeper">The reader, when it sleeps and must be woken; else null.</param>
    internal InboxPostResult TryPost(ChannelMessage message, long expiresAt, out IInboxReader? sleeper)
    {
        ArgumentNullException.ThrowIfNull(message);
        var result = InboxPostResult.Posted;
        var expired = 0;
        sleeper = null;
        Enter();
        try
        {
            if (_closed)
            {
                return InboxPostResult.Closed;
            }

            if (_backlog.Count >= _options.Capacity && _options.Capacity > 0)
            {
                expired = DropExpired();
                if (_backlog.Count >= _options.Capacity)
                {
                    if (_options.FullMode == InboxFullMode.Refuse)
                    {
                        return InboxPostResult.Full;
                    }

                    _backlog.Dequeue();
                    result = InboxPostResult.PostedDroppingOldest;
                }
            }

            _backlog.Enqueue(message, expiresAt);
            if (_readerWaits)
            {
                _readerWaits = false;
                sleeper = _reader;
            }
        }
        finally
        {
            Exit();
        }

        ReportExpired(expired);
        return result;
    }

    /// <summary>
    /// Takes the oldest message that has not expired, without waiting. When there is none, the next message calls what
    /// <see cref="SetWakeUp"/> was given.
    /// </summary>
    /// <param name="message">The message.</param>
    public bool TryTake([NotNullWhen(true)] out ChannelMessage? message) => Take(arm: true, Now, out message);

    /// <summary>The same at a time the caller has read: a clock costs more than taking a message.</summary>
    /// <param name="now">The time by <see cref="Now"/>.</param>
    /// <param name="message">The message.</param>
    internal bool TryTake(long now, [NotNullWhen(true)] out ChannelMessage? message) => Take(arm: true, now, out message);

    /// <summary>The time by which messages expire.</summary>
    internal long Now => _options.Time.GetTimestamp();

    /// <summary>
    /// Sets what is called, on the poster's thread, when a message arrives after <see cref="TryTake(out ChannelMessage?)"/> found none. It
    /// must return at once. One reader only: <see cref="ReceiveAsync"/> sets its own.
    /// </summary>
    /// <param name="wakeUp">The callback.</param>
    public void SetWakeUp(Action wakeUp) => SetReader(new CallbackReader(wakeUp));

    /// <summary>As <see cref="SetWakeUp"/>.</summary>
    /// <param name="reader">Whom to wake.</param>
    internal void SetReader(IInboxReader reader)
    {
        Enter();
        _reader = reader;
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

        return Take(arm: false, Now, out var message) ? ValueTask.FromResult(message) : WaitAsync(cancellationToken);
    }

    /// <summary>Closes the channel and leaves its groups; unread messages are dropped. May be called again.</summary>
    public ValueTask DisposeAsync()
    {
        IInboxReader? reader;
        Enter();
        try
        {
            if (_closed)
            {
                return ValueTask.CompletedTask;
            }

            _closed = true;
            _backlog = default;
            (reader, _reader) = (_reader, null); // whoever still holds the inbox must not keep its reader alive
        }
        finally
        {
            Exit();
        }

        reader?.Wake();
        return _options.OnClose?.Invoke(this) ?? ValueTask.CompletedTask;
    }

    /// <summary>Drops all unread messages, without counting them.</summary>
    internal void Clear()
    {
        Enter();
        _backlog = default;
        Exit();
    }

    private async ValueTask<ChannelMessage> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SetWakeUp(() => arrived.TrySetResult());
            if (Take(arm: true, Now, out var message))
            {
                return message;
            }

            ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), this);
            await arrived.Task.WaitAsync(cancellationToken);
        }
    }

    private bool Take(bool arm, long now, [NotNullWhen(true)] out ChannelMessage? message)
    {
        message = null;
        var expired = 0;
        Enter();
        try
        {
            while (_backlog.Count > 0)
            {
                var entry = _backlog.Dequeue();
                if (entry.ExpiresAt > now)
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

    private int DropExpired()
    {
        var dropped = 0;
        var now = _options.Time.GetTimestamp();
        while (_backlog.Count > 0 && _backlog.OldestExpiresAt <= now)
        {
            _backlog.Dequeue();
            dropped++;
        }

        return dropped;
    }

    private void ReportExpired(int count)
    {
        for (; count > 0; count--)
        {
            _options.OnExpired?.Invoke();
        }
    }
}
