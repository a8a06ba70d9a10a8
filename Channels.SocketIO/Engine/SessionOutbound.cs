namespace Channels.SocketIO;

/// <summary>
/// The way out of one session, whatever carries it: what waits for a poll, or for a WebSocket that takes no more, within
/// limits. Takes whole messages by reference, in order, from any thread; no other packet comes between those of one message.
/// </summary>
/// <remarks>It is its own lock; inside it only the WebSocket's is taken.</remarks>
internal sealed class SessionOutbound : IOutbox
{
    private readonly EngineIOSession _session;
    private readonly EngineIOOptions _options;
    private Queue<Event>? _waiting; // messages while polling, frames on a WebSocket; made when something has to wait
    private long _waitingBytes;
    private WaitingPoll? _poll;
    private WebSocketLink? _link;
    private TaskCompletionSource? _room; // there while a sender waits
    private int _answering; // polls whose answer is being written: what follows must not overtake it
    private bool _releasing;
    private bool _held;
    private bool _pumping;
    private bool _closed;

    public SessionOutbound(EngineIOSession session, EngineIOOptions options)
    {
        (_session, _options) = (session, options);
        Send = SendAsync;
    }

    /// <inheritdoc/>
    public Send Send { get; }

    /// <inheritdoc/>
    public bool HasMoreInput => _session.Inbound.HasMessages;

    /// <inheritdoc/>
    public bool IsBusy
    {
        get
        {
            lock (this)
            {
                return !IsWritable;
            }
        }
    }

    /// <summary>What carries the session.</summary>
    public EngineIOTransport Transport => Volatile.Read(ref _link) is null ? EngineIOTransport.Polling : EngineIOTransport.WebSocket;

    private bool IsEmpty => _waiting is null or { Count: 0 };

    private bool IsWritable => _link is { } link ? !MustQueue(link) && !link.IsBusy : _poll is not null;

    private Queue<Event> Waiting => _waiting ??= new();

    /// <inheritdoc/>
    /// <remarks>What does not fit ends the session: others do not wait for a client that reads too slowly.</remarks>
    public int TrySend(ReadOnlySpan<Event> events)
    {
        int taken;
        bool overflows;
        lock (this)
        {
            if (_closed)
            {
                return 0;
            }

            taken = _link is { } link ? PassToLink(link, events, out overflows) : KeepForPoll(events, out overflows);
        }

        if (overflows)
        {
            _session.OnOverflow();
        }

        return taken;
    }

    /// <inheritdoc/>
    public void Hold()
    {
        lock (this)
        {
            _held = true;
            _link?.Hold();
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        lock (this)
        {
            _held = false;
            _link?.Flush();
            AnswerPoll();
        }
    }

    /// <summary>A packet of the protocol's own; nothing happens on a closed session.</summary>
    public void SendControl(EngineIOSend packet)
    {
        lock (this)
        {
            if (_closed)
            {
                return;
            }

            if (_link is { } link)
            {
                Pass(link, packet.GetFrames(link.BinaryAsText));
            }
            else
            {
                Keep(packet, packet.Length);
                AnswerPoll();
            }
        }
    }

    /// <summary>A GET has come.</summary>
    /// <returns>False when one waits already.</returns>
    public bool TryWait(WaitingPoll poll)
    {
        lock (this)
        {
            if (_poll is not null)
            {
                return false;
            }

            _poll = poll;
            if (_releasing || _closed)
            {
                poll.Answer();
            }

            AnswerPoll();
            return true;
        }
    }

    /// <summary>The GET has gone, or is about to be answered.</summary>
    public void Forget(WaitingPoll poll)
    {
        lock (this)
        {
            if (_poll == poll)
            {
                _poll = null;
            }
        }
    }

    /// <summary>What a GET is answered with. <see cref="OnAnswered"/> must follow.</summary>
    public IReadOnlyList<EngineIOSend> Take(WaitingPoll poll)
    {
        lock (this)
        {
            Forget(poll);
            _answering++;
            if (_link is not null || IsEmpty)
            {
                return [EngineIOSend.Noop];
            }

            var packets = Waiting.Cast<EngineIOSend>().ToArray(); // frames wait only on a link
            Clear();
            return packets;
        }
    }

    /// <summary>The answer to a GET has been written, or cannot be.</summary>
    public void OnAnswered()
    {
        lock (this)
        {
            _answering--;
            Pump();
        }
    }

    /// <summary>From now on polls are answered at once, because the client waits for them before it changes the transport; or no longer.</summary>
    public void ReleasePolls(bool release)
    {
        lock (this)
        {
            _releasing = release;
            if (release)
            {
                _poll?.Answer();
            }
        }
    }

    /// <summary>The session goes on over a WebSocket: what waits leaves there, before anything that comes.</summary>
    public void MoveTo(WebSocketLink link)
    {
        lock (this)
        {
            _poll?.Answer();
            var waiting = _waiting;
            (_waiting, _waitingBytes, _releasing) = (null, 0, false);
            Volatile.Write(ref _link, link);
            foreach (var message in (waiting ?? []).Cast<EngineIOSend>())
            {
                foreach (var frame in message.GetFrames(link.BinaryAsText))
                {
                    Keep(frame, ((WebSocketSend)frame).Payload.Length);
                }
            }

            Pump();
        }
    }

    /// <summary>Nothing more is taken; what waits still leaves, and this behind it.</summary>
    /// <param name="farewell">What polling says at last; null when nobody listens.</param>
    /// <param name="close">What a WebSocket says at last; null when it is gone.</param>
    /// <param name="discard">Whether what waits is dropped.</param>
    /// <param name="mayWait">Whether the farewell may wait for a GET that has not come.</param>
    /// <returns>Whether it does.</returns>
    public bool Finish(EngineIOSend? farewell, WebSocketClose? close, bool discard, bool mayWait)
    {
        lock (this)
        {
            _closed = true;
            if (discard || (_link is not null && close is null))
            {
                Clear();
            }

            LetIn();
            if (_link is not null)
            {
                if (close is not null)
                {
                    Keep(close, 0);
                    Pump();
                }

                return false;
            }

            if (farewell is null || (_poll is null && !mayWait))
            {
                Clear();
                _poll?.Answer();
                return false;
            }

            Keep(farewell, 0);
            _poll?.Answer();
            return _poll is null;
        }
    }

    /// <summary>Drops what nobody comes for any more.</summary>
    public void Drop()
    {
        lock (this)
        {
            Clear();
        }
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case EngineIOSend send:
                lock (this)
                {
                    if (_closed)
                    {
                        return ValueTask.FromException(new ConnectionClosedException());
                    }

                    if (!IsFull(send.Length))
                    {
                        TrySend([send]);
                        return ValueTask.CompletedTask;
                    }
                }

                return SendLaterAsync(send, cancellationToken);
            case EngineIOClose close:
                _session.CloseFromApplication(close.Discard);
                return ValueTask.CompletedTask;
            default:
                ArgumentNullException.ThrowIfNull(message);
                return ValueTask.FromException(new IllegalEventException(message, "open", "engineio.send", "engineio.close"));
        }
    }

    // The heartbeat bounds the wait: a client that does not come for what waits does not answer its ping either.
    private async ValueTask SendLaterAsync(EngineIOSend message, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (this)
            {
                if (_closed)
                {
                    throw new ConnectionClosedException();
                }

                if (!IsFull(message.Length))
                {
                    TrySend([message]);
                    return;
                }

                room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await room.WaitAsync(cancellationToken);
        }
    }

    private int KeepForPoll(ReadOnlySpan<Event> events, out bool overflows)
    {
        var taken = 0;
        overflows = false;
        while (taken < events.Length && events[taken] is EngineIOSend message)
        {
            if (IsFull(message.Length))
            {
                overflows = true;
                break;
            }

            taken++;
            if (!message.Volatile || IsWritable)
            {
                Keep(message, message.Length);
            }
        }

        AnswerPoll();
        return taken;
    }

    private int PassToLink(WebSocketLink link, ReadOnlySpan<Event> events, out bool overflows)
    {
        var batch = default(FrameBatch);
        Span<Event> frames = batch;
        var (taken, count) = (0, 0);
        overflows = false;
        while (taken < events.Length && events[taken] is EngineIOSend message)
        {
            if (IsFull(message.Length))
            {
                overflows = true;
                break;
            }

            taken++;
            if (message.Volatile && !IsWritable)
            {
                continue;
            }

            var own = message.GetFrames(link.BinaryAsText);
            if (count + own.Length > FrameBatch.Size)
            {
                Pass(link, frames[..count]);
                count = 0;
            }

            if (own.Length > FrameBatch.Size)
            {
                Pass(link, own);
                continue;
            }

            own.CopyTo(frames[count..]);
            count += own.Length;
        }

        Pass(link, frames[..count]);
        return taken;
    }

    private void Pass(WebSocketLink link, ReadOnlySpan<Event> frames)
    {
        var passed = MustQueue(link) ? 0 : link.TrySend(frames);
        if (passed == frames.Length)
        {
            return;
        }

        foreach (var frame in frames[passed..])
        {
            Keep(frame, ((WebSocketSend)frame).Payload.Length);
        }

        Pump();
    }

    private bool MustQueue(WebSocketLink link) => _pumping || _answering > 0 || !IsEmpty || !link.IsDirect;

    private bool IsFull(int bytes) => _waiting is { Count: > 0 } waiting
        && (waiting.Count >= _options.MaxOutboundMessageCount || _waitingBytes + bytes > _options.MaxOutboundBytes);

    private void Keep(Event message, int bytes)
    {
        Waiting.Enqueue(message);
        _waitingBytes += bytes;
    }

    private void Clear()
    {
        _waiting?.Clear();
        _waitingBytes = 0;
        LetIn();
    }

    private void LetIn()
    {
        _room?.TrySetResult();
        _room = null;
    }

    private void AnswerPoll()
    {
        if (!_held && !IsEmpty)
        {
            _poll?.Answer();
        }
    }

    // On a thread of its own: where middleware wraps the WebSocket's way to send, its code runs here.
    private void Pump()
    {
        if (_link is null || _pumping || _answering > 0 || IsEmpty)
        {
            return;
        }

        _pumping = true;
        ThreadPool.UnsafeQueueUserWorkItem(static outbound => _ = outbound.PumpAsync(outbound._link!), this, preferLocal: false); // checked above; never taken back
    }

    private async Task PumpAsync(WebSocketLink link)
    {
        try
        {
            while (TryNext(out var frame))
            {
                await link.SendAsync(frame);
            }
        }
        catch (Exception)
        {
            lock (this)
            {
                _pumping = false;
                Clear();
            }

            _session.OnLinkFailed(link);
        }
    }

    private bool TryNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Event? frame)
    {
        lock (this)
        {
            if (!Waiting.TryDequeue(out frame))
            {
                _pumping = false;
                return false;
            }

            _waitingBytes -= (frame as WebSocketSend)?.Payload.Length ?? 0;
            if (Waiting.Count <= _options.MaxOutboundMessageCount / 2 && _waitingBytes <= _options.MaxOutboundBytes / 2)
            {
                LetIn();
            }

            return true;
        }
    }
}
