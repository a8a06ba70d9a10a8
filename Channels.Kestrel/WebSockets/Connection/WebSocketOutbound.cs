namespace Channels.Kestrel;

/// <summary>
/// The way out of one WebSocket, whatever transport carries it: what waits to be written, within limits, and what
/// happens when a client reads too slowly. Takes whole messages by reference, in order, from any thread.
/// </summary>
/// <remarks>
/// It is its own lock, for one object less per socket and per broadcast's way through memory. The lock is the last to be
/// taken but for the heartbeat's and the log's: nothing that is called inside it takes the connection's.
/// </remarks>
internal abstract class WebSocketOutbound : IOutbox
{
    private readonly WebSocketConnection _connection;
    private readonly WebSocketRuntime _runtime; // here too: a broadcast need not touch the connection
    private OutboundQueue? _queue; // made when something has to wait for the first time: idle sockets have none
    private long _lastSent;
    private bool _finished;
    private bool _dropping;

    protected WebSocketOutbound(WebSocketConnection connection)
    {
        (_connection, _runtime) = (connection, connection.Runtime);
        Send = SendAsync;
    }

    /// <inheritdoc/>
    public Send Send { get; }

    /// <inheritdoc/>
    public bool HasMoreInput => _connection.Inbound.HasMessages;

    /// <inheritdoc/>
    public bool IsBusy
    {
        get
        {
            lock (this)
            {
                return InTransport > 0 || !IsQueueEmpty;
            }
        }
    }

    /// <inheritdoc/>
    public virtual object? NeededNext => null;

    /// <summary>When a message was taken last, in heartbeat time; 0 for never.</summary>
    public long LastSent => Volatile.Read(ref _lastSent);

    /// <summary>When the send that waits longest for room began to wait, in heartbeat time; null when none waits.</summary>
    public long? BlockedSince
    {
        get
        {
            lock (this)
            {
                return _queue?.OldestPending;
            }
        }
    }

    protected WebSocketConnection Connection => _connection;

    protected WebSocketRuntime Runtime => _runtime;

    /// <summary>The last frame has been given, or the transport has failed: nothing is taken any more. Guarded by the lock, as are the next two.</summary>
    protected bool IsClosed { get; private set; }

    protected bool HasFailed { get; private set; }

    /// <summary>Somebody carries messages to the transport: one at a time.</summary>
    protected bool IsPumping { get; set; }

    protected bool IsQueueEmpty => _queue is null or { IsEmpty: true };

    /// <summary>What a write that is under way carries, as long as the transport has not taken it.</summary>
    protected virtual long InTransport => 0;

    protected long QueuedBytes => _queue?.Bytes ?? 0;

    /// <summary>Where a pump may begin: nobody pumps, and there is a transport that works.</summary>
    protected abstract bool MayPump { get; }

    private OutboundQueue Queue => _queue ??= new OutboundQueue(Runtime.Options.MaxOutboundMessageCount, Runtime.Options.MaxOutboundBytes, _connection);

    /// <inheritdoc/>
    public abstract int TrySend(ReadOnlySpan<Event> events);

    /// <inheritdoc/>
    public abstract void Hold();

    /// <inheritdoc/>
    public abstract void Flush();

    /// <summary>Takes a ping or pong, which goes in front of waiting messages. Nothing happens on a closed connection.</summary>
    public void SendControl(byte[] frame)
    {
        lock (this)
        {
            if (IsClosed)
            {
                return;
            }

            Queue.AddControl(frame);
            if (!MayPump)
            {
                return;
            }

            IsPumping = true;
        }

        Pump();
    }

    /// <summary>The close frame; nothing more is taken, and sends that wait for room fail. Nothing happens the second time.</summary>
    /// <param name="code">Its code; <see cref="WebSocketRules.NoCode"/> for none.</param>
    /// <param name="reason">Its reason.</param>
    /// <param name="dropWaiting">True when messages that were not begun are dropped; else they are still written.</param>
    public void Finish(int code, string reason, bool dropWaiting = false)
    {
        lock (this)
        {
            if (IsClosed)
            {
                return;
            }

            IsClosed = true;
            _queue?.RefusePending();
            if (dropWaiting)
            {
                _queue?.DropMessages();
            }

            Queue.SetLast(CloseFrame.Encode(code, reason));
            if (!MayPump)
            {
                return;
            }

            IsPumping = true;
        }

        Pump();
    }

    /// <summary>Drops everything that waits and takes nothing more.</summary>
    public void Abort()
    {
        bool finished;
        lock (this)
        {
            IsClosed = HasFailed = true;
            _queue?.Clear();
            finished = !IsPumping && !_finished;
            _finished |= finished;
        }

        if (finished)
        {
            _connection.Closing.OnOutputFinished();
        }
    }

    /// <summary>Gives back what the connection held, once it is over.</summary>
    public virtual void Release()
    {
    }

    /// <summary>The connection's <see cref="Send"/>: one check for a message to an open socket, and the connection's rules for all else.</summary>
    protected abstract ValueTask SendAsync(Event message, CancellationToken cancellationToken);

    /// <summary>Carries what waits to the transport, as whoever has set <see cref="IsPumping"/>.</summary>
    protected abstract void Pump();

    protected void NoteSent() => Volatile.Write(ref _lastSent, Runtime.Heartbeat.Now);

    /// <summary>Inside the lock. False when the queue is full.</summary>
    protected bool TryQueue(in OutboundMessage message)
    {
        if (!Queue.HasRoomFor(message.Length, InTransport))
        {
            return false;
        }

        Queue.Add(message);
        return true;
    }

    /// <summary>Inside the lock: the queue is full, and the transport takes no more.</summary>
    protected void Overflow(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        switch (Runtime.Options.SlowClientPolicy)
        {
            case SlowClientPolicy.Close:
                var pending = new PendingSend(message, Runtime.Heartbeat.Now);
                Queue.AddPending(pending);
                pending.CancelWith(cancellationToken);
                accepted = new ValueTask(pending.Task);
                _connection.Deadlines.OnOutputBlocked();
                break;
            case SlowClientPolicy.DropNewest:
                Drop();
                break;
            default:
                while (!Queue.HasRoomFor(message.Length, InTransport) && Queue.TryDropOldest())
                {
                    Drop();
                }

                Queue.Add(message);
                break;
        }
    }

    /// <summary>Takes pieces until the batch or the turn is full. None at all the first time: this pump's work is done.</summary>
    protected int Take(Span<OutboundPiece> batch, int room, bool isFirst)
    {
        bool finished;
        var count = 0;
        lock (this)
        {
            while (count < batch.Length && room > 0 && _queue is not null && _queue.TryTake(out batch[count]))
            {
                room -= batch[count++].MaxLength;
            }

            if (count > 0 || !isFirst)
            {
                return count;
            }

            IsPumping = _dropping = false;
            finished = IsClosed && !_finished;
            _finished |= finished;
        }

        if (finished)
        {
            _connection.Closing.OnOutputFinished();
        }

        return 0;
    }

    /// <summary>The peer cannot be written to any more: this pump's work is done.</summary>
    protected void Fail()
    {
        bool finished;
        lock (this)
        {
            IsClosed = HasFailed = true;
            IsPumping = false;
            _queue?.Clear();
            finished = !_finished;
            _finished = true;
        }

        _connection.Closing.OnOutputFailed();
        if (finished)
        {
            _connection.Closing.OnOutputFinished();
        }
    }

    /// <summary>A pipe that the transport has completed throws <see cref="InvalidOperationException"/>, a broken stream an <see cref="IOException"/>.</summary>
    protected static bool IsTransportError(Exception error) =>
        error is IOException or InvalidOperationException or OperationCanceledException or System.Net.WebSockets.WebSocketException;

    private void Drop()
    {
        Runtime.Metrics.Dropped();
        if (!_dropping && Runtime.Flood.Begins("a slow client whose messages are dropped", _connection.Route))
        {
            WebSocketLog.Dropping(Runtime.Logger);
        }

        _dropping = true;
    }
}
