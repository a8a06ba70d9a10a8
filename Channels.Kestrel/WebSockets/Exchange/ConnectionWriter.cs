using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>
/// Writes frames to a transport's pipe. While nothing is being written they go straight into the pipe's buffer, which
/// leaves at once on the sender's thread, or with the uncorking; what comes while a write is under way is queued and
/// leaves together in the next one. Sending a shared frame allocates nothing.
/// </summary>
/// <remarks>It is its own lock, for one object less per socket and per broadcast's way through memory.</remarks>
internal sealed partial class ConnectionWriter : IConnectionWriter
{
    private readonly WebSocketServerOptions _options;
    private readonly IConnectionWriterOwner _owner;
    private readonly ConnectionHeartbeat _heartbeat;
    private readonly WebSocketMetrics _metrics;
    private readonly WebSocketFrameEncoder? _encoder;
    private OutboundFrames? _frames; // made when something has to wait for the first time: idle sockets have none
    private Action? _flushed; // made at the first write that has to wait: most never do
    private PipeWriter? _output;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _flush;
    private long _lastSent;
    private int _buffered; // octets in the pipe's buffer that are still to be flushed
    private bool _corked;
    private bool _pumping;
    private bool _closed;
    private bool _failed;
    private bool _finished;
    private bool _dropping;

    /// <param name="options">The server's limits.</param>
    /// <param name="heartbeat">The server's time.</param>
    /// <param name="metrics">Counts what is forwarded.</param>
    /// <param name="encoder">Makes the frames of what is forwarded; null when its payload goes out as it is.</param>
    /// <param name="owner">The connection.</param>
    public ConnectionWriter(
        WebSocketServerOptions options, ConnectionHeartbeat heartbeat, WebSocketMetrics metrics, WebSocketFrameEncoder? encoder, IConnectionWriterOwner owner)
        => (_options, _heartbeat, _metrics, _encoder, _owner) = (options, heartbeat, metrics, encoder, owner);

    public long LastSent => Volatile.Read(ref _lastSent);

    public long? BlockedSince
    {
        get
        {
            lock (this)
            {
                return _frames?.OldestPending;
            }
        }
    }

    /// <summary>The transport is there: what has been taken so far is written now.</summary>
    public void Attach(PipeWriter output)
    {
        lock (this)
        {
            _output = output;
            if (_pumping || (IsQueueEmpty && !_closed))
            {
                return;
            }

            _pumping = true;
        }

        Pump();
    }

    public bool TrySend(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        while (true)
        {
            bool taken;
            lock (this)
            {
                if (_closed)
                {
                    return false;
                }

                Volatile.Write(ref _lastSent, _heartbeat.Now);
                taken = TryAdd(message);
                if (!MayPump || (taken && IsHeldBack))
                {
                    return taken || Overflow(message, cancellationToken, out accepted);
                }

                _pumping = true;
            }

            Pump();
            if (taken)
            {
                return true;
            }
        }
    }

    public void SendControl(byte[] frame)
    {
        lock (this)
        {
            if (_closed)
            {
                return;
            }

            Frames.AddControl(frame);
            if (!MayPump)
            {
                return;
            }

            _pumping = true;
        }

        Pump();
    }

    public bool Finish(byte[]? closeFrame, bool dropWaiting = false)
    {
        lock (this)
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            _frames?.RefusePending();
            if (dropWaiting)
            {
                _frames?.DropMessages();
            }

            Frames.SetLast(closeFrame);
            if (!MayPump)
            {
                return true;
            }

            _pumping = true;
        }

        Pump();
        return true;
    }

    public void Abort()
    {
        var finished = false;
        lock (this)
        {
            _closed = _failed = true;
            _frames?.Clear();
            finished = !_pumping && !_finished;
            _finished |= finished;
        }

        if (finished)
        {
            _owner.OnOutputFinished();
        }
    }

    public void Cork() => Volatile.Write(ref _corked, true);

    public void Uncork()
    {
        lock (this)
        {
            _corked = false;
            if (!MayPump || (IsQueueEmpty && _buffered == 0))
            {
                return;
            }

            _pumping = true;
        }

        Pump();
    }

    private OutboundFrames Frames => _frames ??= new OutboundFrames(_options.MaxOutboundMessageCount, _options.MaxOutboundBytes);

    private bool IsQueueEmpty => _frames is null or { IsEmpty: true };

    private bool IsHeldBack => _corked && _buffered + (_frames?.Bytes ?? 0) < TurnBytes;

    private bool MayPump => !_pumping && _output is not null && !_failed;

    // Inside the lock. Into the pipe's buffer when nothing waits and nothing is being written, else into the queue.
    private bool TryAdd(in OutboundMessage message)
    {
        if (MayPump && IsQueueEmpty && !message.IsLong && _buffered + message.Length <= TurnBytes && TryBuffer(message.ToPiece()))
        {
            return true;
        }

        if (!Frames.HasRoomFor(message.Length))
        {
            return false;
        }

        Frames.Add(message);
        return true;
    }

    private bool TryBuffer(in OutboundPiece piece)
    {
        try
        {
            piece.WriteTo(_output!); // MayPump
            _buffered += piece.MaxLength;
            return true;
        }
        catch (Exception error) when (IsTransportError(error))
        {
            return false; // the pump meets the error again, and there it can be reported
        }
    }

    // Full, and the socket takes no more; called inside the lock.
    private bool Overflow(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        if (_options.SlowClientPolicy == SlowClientPolicy.Close)
        {
            var pending = new PendingSend(message, _heartbeat.Now);
            Frames.AddPending(pending);
            pending.CancelWith(cancellationToken);
            accepted = new ValueTask(pending.Task);
            _owner.OnOutputBlocked();
            return true;
        }

        if (_options.SlowClientPolicy == SlowClientPolicy.DropNewest)
        {
            Drop();
            return true;
        }

        while (!Frames.HasRoomFor(message.Length) && Frames.TryDropOldest())
        {
            Drop();
        }

        Frames.Add(message);
        return true;
    }

    private void Drop()
    {
        _owner.OnOutputDropped(firstOfEpisode: !_dropping);
        _dropping = true;
    }
}
