using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>
/// Writes frames to a transport's pipe. An idle connection's frame leaves at once on the sender's thread; what comes
/// while a write is under way, or while output is corked, leaves together in the next write. Sending a shared frame
/// allocates nothing.
/// </summary>
internal sealed partial class ConnectionWriter : IConnectionWriter
{
    private readonly Lock _gate = new();
    private readonly OutboundFrames _frames;
    private readonly SlowClientPolicy _policy;
    private readonly IConnectionWriterOwner _owner;
    private readonly ConnectionHeartbeat _heartbeat;
    private Action? _flushed; // made at the first write that has to wait: most never do
    private PipeWriter? _output;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _flush;
    private bool _corked;
    private bool _pumping;
    private bool _closed;
    private bool _failed;
    private bool _finished;
    private bool _dropping;

    public ConnectionWriter(WebSocketServerOptions options, ConnectionHeartbeat heartbeat, IConnectionWriterOwner owner)
    {
        (_policy, _heartbeat, _owner) = (options.SlowClientPolicy, heartbeat, owner);
        _frames = new OutboundFrames(options.MaxOutboundMessageCount, options.MaxOutboundBytes);
    }

    public long? BlockedSince
    {
        get
        {
            lock (_gate)
            {
                return _frames.OldestPending;
            }
        }
    }

    /// <summary>The transport is there: what has been taken so far is written now.</summary>
    public void Attach(PipeWriter output)
    {
        lock (_gate)
        {
            _output = output;
            if (_pumping || (_frames.IsEmpty && !_closed))
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
            bool straight;
            lock (_gate)
            {
                if (_closed)
                {
                    return false;
                }

                // Nothing waits and nothing is being written: no need to queue.
                straight = MayPump && !_corked && _frames.IsEmpty && !message.IsLong;
                taken = straight || _frames.HasRoomFor(message.Length);
                if (taken && !straight)
                {
                    _frames.Add(message);
                }

                if (!MayPump || (taken && _corked && _frames.Bytes < TurnBytes))
                {
                    return taken || Overflow(message, cancellationToken, out accepted);
                }

                _pumping = true;
            }

            if (straight)
            {
                Pump(new ReadOnlySpan<OutboundMessage>(in message));
                return true;
            }

            Pump();
            if (taken)
            {
                return true;
            }
        }
    }

    public int Send(ReadOnlySpan<OutboundMessage> messages)
    {
        bool straight;
        var taken = 0;
        lock (_gate)
        {
            if (_closed)
            {
                return 0;
            }

            straight = MayPump && !_corked && _frames.IsEmpty && FitsOneTurn(messages);
            while (!straight && taken < messages.Length && _frames.HasRoomFor(messages[taken].Length))
            {
                _frames.Add(messages[taken++]);
            }

            if (!MayPump || (_corked && _frames.Bytes < TurnBytes))
            {
                return taken;
            }

            _pumping = true;
        }

        if (!straight)
        {
            Pump();
            return taken;
        }

        Pump(messages);
        return messages.Length;
    }

    public void SendControl(byte[] frame)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _frames.AddControl(frame);
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
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            _frames.RefusePending();
            if (dropWaiting)
            {
                _frames.DropMessages();
            }

            _frames.SetLast(closeFrame);
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
        lock (_gate)
        {
            _closed = _failed = true;
            _frames.Clear();
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
        lock (_gate)
        {
            _corked = false;
            if (!MayPump || _frames.IsEmpty)
            {
                return;
            }

            _pumping = true;
        }

        Pump();
    }

    private bool MayPump => !_pumping && _output is not null && !_failed;

    private static bool FitsOneTurn(ReadOnlySpan<OutboundMessage> messages)
    {
        var bytes = 0L;
        foreach (ref readonly var message in messages)
        {
            bytes += message.Length;
        }

        return bytes <= TurnBytes - FrameWriting.LongHeader; // so none of them is long either
    }

    // Full, and the socket takes no more; called inside the lock.
    private bool Overflow(in OutboundMessage message, CancellationToken cancellationToken, out ValueTask accepted)
    {
        accepted = ValueTask.CompletedTask;
        if (_policy == SlowClientPolicy.Close)
        {
            var pending = new PendingSend(message, _heartbeat.Now);
            _frames.AddPending(pending);
            pending.CancelWith(cancellationToken);
            accepted = new ValueTask(pending.Task);
            _owner.OnOutputBlocked();
            return true;
        }

        if (_policy == SlowClientPolicy.DropNewest)
        {
            Drop();
            return true;
        }

        while (!_frames.HasRoomFor(message.Length) && _frames.TryDropOldest())
        {
            Drop();
        }

        _frames.Add(message);
        return true;
    }

    private void Drop()
    {
        _owner.OnOutputDropped(firstOfEpisode: !_dropping);
        _dropping = true;
    }
}
