namespace Channels.SocketIO;

/// <summary>
/// The way out of one session, whatever carries it: what waits for a poll, or for a WebSocket that takes no more, within
/// limits. Takes whole messages by reference, in order, from any thread; no other packet comes between those of one message.
/// </summary>
/// <remarks>It is its own lock; inside it only the WebSocket's is taken.</remarks>
internal sealed class SessionOutbound : IOutbox
{
    private readonly SessionLife _session;
    private OutboundQueue? _queue; // for polls; made when something has to wait for the first time
    private WaitingPoll? _poll;
    private LinkWriter? _link; // once a WebSocket carries the session
    private int _answering; // polls whose answer is being written: what follows must not overtake it
    private bool _releasing;
    private bool _held;
    private bool _closed;

    public SessionOutbound(SessionLife session)
    {
        _session = session;
        Send = SendAsync;
    }

    /// <summary>The limits.</summary>
    public EngineIOOptions Options => _session.Runtime.Options;

    /// <summary>By whom is counted what waits.</summary>
    public MemoryHolder Memory => _session.Memory;

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

    private OutboundQueue Queue => _queue ??= new OutboundQueue(Options, Memory);

    private bool IsEmpty => _queue is null or { IsEmpty: true };

    private bool IsWritable => _link?.IsWritable ?? _poll is not null;

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

            taken = _link is { } link ? link.Write(events, out overflows) : KeepForPoll(events, out overflows);
            _session.Traffic?.CountOut(events[..taken]);
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
            _link?.Link.Hold();
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        lock (this)
        {
            _held = false;
            _link?.Link.Flush();
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
                link.WriteAnyhow(packet);
            }
            else
            {
                Queue.Add(packet);
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
            return _link is not null || IsEmpty ? [EngineIOSend.Noop] : Queue.TakeAll();
        }
    }

    /// <summary>The answer to a GET has been written, or cannot be.</summary>
    public void OnAnswered()
    {
        lock (this)
        {
            if (--_answering == 0)
            {
                _link?.Resume();
            }
        }
    }

    /// <summary>Answers the GET that waits, whatever there is.</summary>
    public void ReleasePoll()
    {
        lock (this)
        {
            _poll?.Answer();
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

    /// <summary>The WebSocket takes nothing any more. Outside the lock.</summary>
    public void OnLinkFailed(WebSocketLink link, Exception error) => _session.OnLinkFailed(link, error);

    /// <summary>The session goes on over a WebSocket: what waits leaves there, before anything that comes.</summary>
    public void MoveTo(WebSocketLink link)
    {
        lock (this)
        {
            _poll?.Answer();
            _releasing = false;
            var writer = new LinkWriter(link, this);
            if (_answering > 0)
            {
                writer.Pause();
            }

            foreach (var message in _queue?.TakeAll() ?? [])
            {
                writer.WriteAnyhow(message);
            }

            Volatile.Write(ref _link, writer);
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
            var waiting = _link?.Queue ?? Queue;
            if (discard || (_link is not null && close is null) || (_link is null && (farewell is null || (_poll is null && !mayWait))))
            {
                waiting.Clear();
            }

            waiting.LetIn();
            if (_link is not null)
            {
                if (close is not null)
                {
                    _link.Close(close);
                }

                return false;
            }

            if (farewell is not null && (_poll is not null || mayWait))
            {
                waiting.Add(farewell);
            }

            _poll?.Answer();
            return _poll is null && !waiting.IsEmpty;
        }
    }

    /// <summary>Drops what nobody comes for any more.</summary>
    public void Drop()
    {
        lock (this)
        {
            _queue?.Clear();
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

                    if (send.Volatile || !IsFull(send.Length))
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

                room = (_link?.Queue ?? Queue).WaitForRoomAsync();
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
            var isFull = IsFull(message.Length);
            if (isFull && !message.Volatile)
            {
                overflows = true;
                break;
            }

            taken++;
            if (!message.Volatile || (IsWritable && !isFull))
            {
                Queue.Add(message);
            }
        }

        AnswerPoll();
        return taken;
    }

    private bool IsFull(int bytes) => _link?.IsFull(bytes) ?? _queue?.IsFull(bytes) == true;

    private void AnswerPoll()
    {
        if (!_held && !IsEmpty)
        {
            _poll?.Answer();
        }
    }
}
