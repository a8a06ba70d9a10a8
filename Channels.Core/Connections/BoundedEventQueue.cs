using System.Threading.Tasks.Sources;

namespace Channels.Extending;

/// <summary>
/// What waits for one connection's application: a first event, messages up to a limit of count and bytes, and a last
/// event. One receive may be outstanding; it costs no allocation. Derive from it: what follows when an event has been
/// taken, such as reading on, is the connection's own.
/// </summary>
/// <remarks>
/// Thread-safe; one task adds, another receives. <see cref="Deliver"/> completes an outstanding receive on the caller's
/// thread, and the application runs on it as long as it likes: it must be the last thing the caller does. Others use
/// <see cref="DeliverLater"/>. The queue is its own lock, for one object less per connection: do not lock on it. A message that
/// waits alone waits in the object itself, so that a peer that seldom has two under way costs no memory while it is silent.
/// </remarks>
public abstract class BoundedEventQueue : IValueTaskSource<Event>
{
    private readonly int _maxCount;
    private readonly long _maxBytes;
    private Queue<(Event Message, int Bytes)>? _messages; // behind _next; made when two messages wait for the first time
    private ManualResetValueTaskSourceCore<Event> _source;
    private CancellationTokenRegistration _cancellation;
    private MemoryShare _counted;
    private Event? _next; // the first event, or a message that waits alone: then all bytes are its own
    private Event? _last;
    private long _bytes;
    private bool _nextIsFirst;
    private bool _waiting;
    private bool _over;

    /// <summary>Makes a queue.</summary>
    /// <param name="first">The first event; null for none.</param>
    /// <param name="maxCount">How many messages make it full; at least 1.</param>
    /// <param name="maxBytes">How many bytes make it full; 0 means no limit.</param>
    protected BoundedEventQueue(Event? first, int maxCount, long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        (_next, _nextIsFirst) = (first, first is not null);
        (_maxCount, _maxBytes) = (maxCount, maxBytes == 0 ? long.MaxValue : maxBytes);
    }

    /// <summary>True when half of the room is free: after <see cref="Add"/> has said that the queue is full, more is welcome again.</summary>
    public bool HasRoomAgain
    {
        get
        {
            lock (this)
            {
                return MessageCount <= _maxCount / 2 && _bytes <= _maxBytes / 2;
            }
        }
    }

    /// <summary>True when a message waits; a hint, as it may be taken or added meanwhile.</summary>
    public bool HasMessages => MessageCount > 0;

    /// <summary>True while a receive is outstanding and there is nothing for it.</summary>
    public bool IsStarving
    {
        get
        {
            lock (this)
            {
                return _waiting && _next is null && _last is null && !HasMessages;
            }
        }
    }

    private int MessageCount => (_messages?.Count ?? 0) + (_next is null || _nextIsFirst ? 0 : 1);

    /// <summary>Adds a message; it is dropped when the queue has its last event. <see cref="Deliver"/> or <see cref="DeliverLater"/> must follow.</summary>
    /// <param name="message">The message.</param>
    /// <param name="bytes">How much it counts against the limit of bytes.</param>
    /// <returns>True when the queue is full now: no further message may be added before one was taken.</returns>
    public bool Add(Event message, int bytes)
    {
        lock (this)
        {
            if (_last is not null || _over)
            {
                return false;
            }

            Keep(message, bytes);
            Count(bytes);
            return MessageCount >= _maxCount || _bytes >= _maxBytes;
        }
    }

    /// <summary>The connection has ended: nothing is added any more. <see cref="Deliver"/> or <see cref="DeliverLater"/> must follow.</summary>
    /// <param name="last">The last event.</param>
    /// <param name="discard">True when messages not yet taken are dropped, because the application itself has ended the connection.</param>
    /// <returns>False when the queue has its last event already.</returns>
    public bool End(Event last, bool discard)
    {
        ArgumentNullException.ThrowIfNull(last);
        lock (this)
        {
            if (_last is not null || _over)
            {
                return false;
            }

            _last = last;
            if (discard)
            {
                DropWaiting();
            }

            return true;
        }
    }

    /// <summary>The application's receive.</summary>
    /// <param name="cancellationToken">Gives up the wait; nothing is lost.</param>
    /// <exception cref="InvalidOperationException">A receive is outstanding already.</exception>
    /// <exception cref="IllegalEventException">The last event has been taken.</exception>
    public ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
    {
        Event? next;
        lock (this)
        {
            if (_waiting)
            {
                throw new InvalidOperationException("A receive is outstanding already; one call at a time.");
            }

            next = Take();
            if (next is null)
            {
                return _over ? throw new IllegalEventException($"Nothing can be received after {_last!.Type}; end the application instead.") : Wait(cancellationToken); // kept for its name
            }
        }

        OnTaken(next);
        return new ValueTask<Event>(next);
    }

    /// <summary>Completes an outstanding receive, if there is something for it; the application goes on inside this call.</summary>
    public void Deliver()
    {
        Event? next;
        CancellationTokenRegistration cancellation;
        lock (this)
        {
            next = _waiting ? Take() : null;
            if (next is null)
            {
                return;
            }

            _waiting = false;
            (cancellation, _cancellation) = (_cancellation, default);
        }

        cancellation.Dispose(); // outside the lock: waits for a cancellation that is running, and that takes the lock
        OnTaken(next);
        _source.SetResult(next);
    }

    /// <summary>As <see cref="Deliver"/>, on a thread of its own.</summary>
    public void DeliverLater()
    {
        lock (this)
        {
            if (!_waiting)
            {
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Deliver(), this, preferLocal: false);
    }

    Event IValueTaskSource<Event>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Event>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<Event>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Messages not yet taken are dropped, whether or not the connection has ended; its first and last event are not.</summary>
    protected void DropWaiting()
    {
        lock (this)
        {
            (_next, _messages) = (_nextIsFirst ? _next : null, null);
            Count(-_bytes);
        }
    }

    /// <summary>An event goes to the application. Called without the lock, on the thread that received or delivered; must not block.</summary>
    /// <param name="message">The event.</param>
    protected abstract void OnTaken(Event message);

    /// <summary>Whose memory the waiting messages are; null when nobody counts.</summary>
    protected virtual MemoryHolder? Memory => null;

    // Whether the memory may be held at all is not asked: a holder that may not is ended, and the messages are gone then.
    private void Count(long bytes)
    {
        _bytes += bytes;
        _counted.Set(_bytes, Memory);
    }

    private ValueTask<Event> Wait(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Event>(cancellationToken);
        }

        _source.Reset();
        _waiting = true;
        var wait = new ValueTask<Event>(this, _source.Version);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((BoundedEventQueue)state!).Cancel(token), this);
        }

        return wait;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        lock (this)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
        }

        _source.SetException(new OperationCanceledException(cancellationToken));
    }

    private void Keep(Event message, int bytes)
    {
        if (_next is null && _messages is not { Count: > 0 })
        {
            _next = message;
            return;
        }

        var messages = _messages ??= new();
        if (_next is not null && !_nextIsFirst)
        {
            messages.Enqueue((_next, (int)_bytes)); // it has waited alone, so it is the oldest, and they are its own
            _next = null;
        }

        messages.Enqueue((message, bytes));
    }

    private Event? Take()
    {
        if (_next is { } next)
        {
            _next = null;
            if (!_nextIsFirst)
            {
                Count(-_bytes);
            }

            _nextIsFirst = false;
            return next;
        }

        if (_messages is not null && _messages.TryDequeue(out var message))
        {
            Count(-message.Bytes);
            return message.Message;
        }

        if (_last is null || _over)
        {
            return null;
        }

        _over = true;
        return _last;
    }
}
