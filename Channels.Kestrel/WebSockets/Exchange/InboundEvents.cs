using System.Threading.Tasks.Sources;

namespace Channels.Kestrel;

/// <summary>
/// What waits for the application: the connect event, messages up to a limit, and as the last thing the disconnect.
/// One receive may be outstanding; it costs no allocation.
/// </summary>
/// <remarks>
/// <see cref="Deliver"/> completes an outstanding receive on the caller's thread, and the application runs on it as
/// long as it likes: it must be the last thing the caller does. Others use <see cref="DeliverLater"/>.
/// It is its own lock, for one object less per socket; only its connection sees it.
/// </remarks>
/// <param name="maxCount">How many messages make it full.</param>
/// <param name="maxBytes">How many bytes make it full; 0 means no limit.</param>
/// <param name="owner">Told, outside the lock, when an event has gone to the application.</param>
internal sealed class InboundEvents(int maxCount, long maxBytes, IInboundEventsOwner owner) : IValueTaskSource<Event>, IThreadPoolWorkItem
{
    private readonly long _maxBytes = maxBytes <= 0 ? long.MaxValue : maxBytes;
    private Queue<WebSocketReceive>? _messages;
    private ManualResetValueTaskSourceCore<Event> _core;
    private CancellationTokenRegistration _cancellation;
    private Event? _first = WebSocketConnect.Instance;
    private WebSocketDisconnect? _last;
    private long _bytes;
    private bool _waiting;
    private bool _over;

    /// <summary>True when half of the room is free again: reading on is worth its while.</summary>
    public bool HasRoomAgain
    {
        get
        {
            lock (this)
            {
                return _messages is null || (_messages.Count <= maxCount / 2 && _bytes <= _maxBytes / 2);
            }
        }
    }

    /// <summary>True when a message waits; a hint, as it may be taken or added meanwhile.</summary>
    public bool HasMessages => _messages is { Count: > 0 };

    /// <summary>Adds a message. True when the queue is full now: no further one may be added before one was taken.</summary>
    public bool Add(WebSocketReceive message)
    {
        lock (this)
        {
            if (_last is not null || _over)
            {
                return false;
            }

            (_messages ??= new()).Enqueue(message);
            _bytes += message.Payload.Length;
            return _messages.Count >= maxCount || _bytes >= _maxBytes;
        }
    }

    /// <summary>The connection has ended: nothing is added any more. False when that was known already.</summary>
    /// <param name="disconnect">The last event.</param>
    /// <param name="discard">True when messages not yet taken are dropped: the application itself closed.</param>
    public bool End(WebSocketDisconnect disconnect, bool discard)
    {
        lock (this)
        {
            if (_last is not null || _over)
            {
                return false;
            }

            _last = disconnect;
            if (discard)
            {
                _messages = null;
                _bytes = 0;
            }

            return true;
        }
    }

    /// <summary>The application's receive.</summary>
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
                return _over ? throw new IllegalEventException("Nothing can be received after websocket.disconnect; end the application instead.") : Wait(cancellationToken);
            }
        }

        owner.OnTaken(next);
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
        owner.OnTaken(next);
        _core.SetResult(next);
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

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => Deliver();

    Event IValueTaskSource<Event>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Event>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Event>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private ValueTask<Event> Wait(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Event>(cancellationToken);
        }

        _core.Reset();
        _waiting = true;
        var wait = new ValueTask<Event>(this, _core.Version);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((InboundEvents)state!).Cancel(token), this);
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

        _core.SetException(new OperationCanceledException(cancellationToken));
    }

    private Event? Take()
    {
        if (_first is { } first)
        {
            _first = null;
            return first;
        }

        if (_messages is not null && _messages.TryDequeue(out var message))
        {
            _bytes -= message.Payload.Length;
            return message;
        }

        if (_last is { } last)
        {
            (_last, _over) = (null, true);
            return last;
        }

        return null;
    }
}
