using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Channels.SocketIO;

/// <summary>
/// One client in one namespace, between its session and the application that serves it: what waits for the application, what
/// the application may send when, and what it waits for itself.
/// </summary>
/// <remarks>Its lock is that of its session, for one object less; inside it the session's engine is called, and nothing of the application's.</remarks>
internal sealed partial class NamespaceConnection : PacedEventQueue, IOutbox, IDisposable
{
    private readonly SocketIOSession _session;
    private readonly CancellationTokenSource _ended = new();
    private volatile HeldPackets? _held; // until the client is let in and has been sent what was emitted before; null afterwards
    private OrderedSends? _seen; // what goes through middleware; null when nobody wants to see what is sent
    private string? _reason; // of the end
    private long _waiting; // its share of the session's bytes
    private volatile ConnectionState _state;

    public NamespaceConnection(SocketIOSession session, string space, SocketIOConnect connect)
        : base(connect, session.Runtime.Options.MaxWaitingEvents, maxBytes: 0)
    {
        (_session, Namespace) = (session, space);
        _held = new(session.Runtime.Options);
        Send = SendAsync;
    }

    public string Namespace { get; }

    /// <summary>The client's id; empty until the connection has begun.</summary>
    public string Id => Rooms.Own;

    public SocketIORuntime Runtime => _session.Runtime;

    public RoomSet Rooms { get; private set; } = new("");

    /// <summary>The client as it is kept; null when it is not.</summary>
    public IKeptClient? Kept { get; private set; }

    /// <summary>Whether the client has come back to what it had.</summary>
    public bool IsRecovered => Kept is { IsRecovered: true };

    /// <summary>The application's own way to send.</summary>
    public Send Send { get; }

    /// <summary>The facts about the connection; null for a moment at its beginning.</summary>
    public SocketIOScope? Scope { get; set; }

    /// <summary>The name of the channel that reaches the client's consumer; null until it has one.</summary>
    public string? Channel { get; set; }

    /// <summary>What the application keeps with the client.</summary>
    public SocketData Data => field ?? Interlocked.CompareExchange(ref field, new() { Json = Runtime.Codec.Json }, null) ?? field;

    public CancellationToken Aborted => _ended.Token;

    /// <summary>Whether the client has been let in and is still there. Waits for who is just letting it in.</summary>
    public bool IsConnected => (_state == ConnectionState.Connecting ? ReadState() : _state) == ConnectionState.Connected;

    /// <summary>Whether the client was ever let in.</summary>
    public bool WasConnected { get; private set; }

    /// <summary>Whether it has been let in, or may still be.</summary>
    public bool IsOpen => _state != ConnectionState.Ended;

    public bool HasMoreInput => HasMessages || _session.Outbox is { HasMoreInput: true };

    /// <summary>The connection begins.</summary>
    /// <param name="id">The client's id.</param>
    public void Begin(string id) => Rooms = new(id);

    /// <summary>The client is kept from now on. Before the application sees the connection.</summary>
    public void Keep(IKeptClient kept)
    {
        lock (_session)
        {
            Kept = kept;
            if (_state != ConnectionState.Ended)
            {
                return;
            }
        }

        kept.End(_reason!); // there with the state
    }

    /// <summary>Middleware wants to see what is sent. Before the client is let in.</summary>
    /// <param name="send">Leads through it.</param>
    public void SendThrough(Func<Event, ValueTask> send) => _seen = new(send, Runtime.Options.Engine.MaxOutboundMessageCount);

    /// <summary>Hands an event to the client that it is meant to have, without waiting. A client that takes too little is closed.</summary>
    public void Deliver(SocketIOEmit emit)
    {
        if (emit.Filter?.Drops(Rooms) != true && IsOpen && !TryDeliver(emit) && IsOpen)
        {
            Runtime.Log.Misbehaved("taking too little of what is sent to it");
            _ = CloseAsync(DisconnectReason.ForcedClose);
        }
    }

    /// <summary>The client's next event; completes later when too many wait already.</summary>
    public Task PostAsync(SocketIOEvent message)
    {
        Runtime.Watch?.OnReceived(this, message);
        var room = _session.Waiting.AddAsync(ref _waiting, message.Bytes); // first: it may be taken at once
        var turn = AddAsync(message, 0);
        return room.IsCompleted ? turn : Task.WhenAll(room, turn);
    }

    /// <summary>The client has left, or is made to.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="discard">Whether events that wait are dropped.</param>
    /// <returns>Whether it had been let in.</returns>
    public bool EndFor(string reason, bool discard = false)
    {
        bool wasConnected;
        lock (_session)
        {
            if (_state == ConnectionState.Ended)
            {
                return false;
            }

            wasConnected = _state == ConnectionState.Connected;
            _reason = reason;
            _state = ConnectionState.Ended;
            _held = null;
        }

        Runtime.Sockets.Remove(this);
        Kept?.End(reason);
        if (wasConnected)
        {
            Runtime.Watch?.OnDisconnected(this, reason);
        }

        _session.Forget(this);
        End(new SocketIODisconnect(reason), discard);
        if (discard)
        {
            _session.Waiting.Drop(ref _waiting);
        }

        _ = _ended.CancelAsync(); // what the application has hung on it must not hold up the session
        Volatile.Read(ref _acknowledgements)?.FailAll(); // now that the handlers that wait can see why
        Close();
        _seen?.Begin();
        return wasConnected;
    }

    /// <summary>The application has ended: what it did not answer is refused, and a client that it had let in is sent out.</summary>
    public ValueTask FinishAsync(SocketIORefuse refusal) => _state switch
    {
        ConnectionState.Connecting => RefuseAsync(refusal),
        ConnectionState.Connected => LeaveAsync(closeSession: false),
        _ => ValueTask.CompletedTask,
    };

    /// <summary>After <see cref="FinishAsync"/>.</summary>
    public void Dispose()
    {
        _session.Waiting.Drop(ref _waiting); // what the application has not taken
        _ended.Dispose();
    }

    public int TrySend(ReadOnlySpan<Event> events)
    {
        if (!IsConnected || _held is not null || _seen is not null || _session.Outbox is not { } outbox)
        {
            return 0;
        }

        var batch = default(EventBatch);
        Span<Event> packets = batch;
        var taken = 0;
        while (true)
        {
            var (next, count) = (taken, 0);
            for (; next < events.Length && count < EventBatch.Size && events[next] is SocketIOEmit emit; next++)
            {
                if (emit.Filter?.Drops(Rooms) != true)
                {
                    packets[count++] = emit.ToSend(Runtime.Codec);
                }
            }

            // A session that does not take all of them ends, and what they were is of no interest any more.
            if (next == taken || (count > 0 && outbox.TrySend(packets[..count]) < count))
            {
                return taken;
            }

            if (Runtime.Watch is { } watch)
            {
                foreach (SocketIOEmit emit in events[taken..next])
                {
                    Report(watch, emit);
                }
            }

            taken = next;
        }
    }

    public void Hold() => _session.Outbox?.Hold();

    public void Flush() => _session.Outbox?.Flush();

    // A session that does not take it has ended, or does so by that, and tells why.
    private bool TryDeliver(SocketIOEmit emit) => _seen is { } seen ? seen.TryAdd(emit) : TryHold(emit) ?? (TrySend([emit]) > 0 || _session.Outbox is not null);

    /// <inheritdoc/>
    protected override void OnTaken(Event message)
    {
        _session.Waiting.Remove(ref _waiting, (message as SocketIOEvent)?.Bytes ?? 0);
        base.OnTaken(message);
    }

    /// <summary>The next packet of those that were emitted before the client was let in.</summary>
    public bool TryTakeHeld([NotNullWhen(true)] out EngineIOSend? packet)
    {
        lock (_session)
        {
            packet = null;
            if (_held?.TryTake(out packet) != true)
            {
                _held = null;
            }

            return packet is not null;
        }
    }

    // While something is held that has to leave first; null when nothing is.
    private bool? TryHold(SocketIOEmit emit)
    {
        if (_held is null)
        {
            return null;
        }

        lock (_session)
        {
            return _held?.TryAdd(emit.ToSend(Runtime.Codec));
        }
    }

    /// <summary>Closes the session: what the client has not got it comes back for.</summary>
    /// <param name="reason">Why this connection ends.</param>
    public async Task CloseAsync(string reason)
    {
        try
        {
            EndFor(reason);
            await _session.CloseAsync();
        }
        catch (ConnectionClosedException)
        {
            // Nobody is left to be told.
        }
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken) => message switch
    {
        SocketIOEmit { Filter: { } filter } when filter.Drops(Rooms) => ValueTask.CompletedTask,
        SocketIOEmit emit => SendEmit(emit, cancellationToken),
        SocketIOAcknowledge answer => SendPacket(Runtime.Codec.Write(PacketType.Acknowledgement, Namespace, answer.Id, answer.Arguments), cancellationToken),
        SocketIOAccept => AcceptAsync(),
        SocketIORefuse refusal => RefuseAsync(refusal),
        SocketIOLeave leave => LeaveAsync(leave.CloseSession),
        null => throw new ArgumentNullException(nameof(message)),
        _ => throw new IllegalEventException($"'{message.Type}' cannot be sent in a namespace: send socketio.accept or socketio.refuse first, then socketio.emit, socketio.acknowledge and socketio.leave."),
    };

    private ValueTask SendEmit(SocketIOEmit emit, CancellationToken cancellationToken)
    {
        if (Runtime.Watch is { } watch)
        {
            Report(watch, emit);
        }

        return SendPacket(emit.ToSend(Runtime.Codec), cancellationToken);
    }

    private void Report(ISocketWatch watch, SocketIOEmit emit)
    {
        if (IsOpen && emit.Filter?.Drops(Rooms) != true)
        {
            watch.OnSent(this, emit);
        }
    }

    // A client that has left gets nothing, and that is nobody's mistake.
    private ValueTask SendPacket(EngineIOSend packet, CancellationToken cancellationToken)
    {
        if (_held is not null)
        {
            lock (_session)
            {
                if (_held is { Sending: { } sending })
                {
                    return packet.Volatile ? ValueTask.CompletedTask : SendBehindAsync(sending, packet, cancellationToken);
                }

                if (_held is { } held)
                {
                    held.Add(packet);
                    return ValueTask.CompletedTask;
                }
            }
        }

        return IsConnected ? _session.SendAsync(packet, cancellationToken) : ValueTask.CompletedTask; // it may be let in just now
    }

    private async ValueTask SendBehindAsync(Task sending, EngineIOSend packet, CancellationToken cancellationToken)
    {
        await Task.WhenAny(sending).WaitAsync(cancellationToken); // however that ends
        if (_state == ConnectionState.Connected)
        {
            await _session.SendAsync(packet, cancellationToken);
        }
    }

    // In the lock, so that what others emit meanwhile comes behind what was emitted before.
    private async ValueTask AcceptAsync()
    {
        if (Kept is { } kept)
        {
            await _session.SendMissedAsync(kept, _seen);
            await kept.SaveAsync();
        }

        Task sending;
        lock (_session)
        {
            if (_held is not { } held || _state != ConnectionState.Connecting)
            {
                return; // the client has gone, or is let in already
            }

            // All before the answer leaves: the client may be quicker than this thread.
            Runtime.Sockets.Add(this); // first: whoever hears its id may mean it
            WasConnected = true;
            Runtime.Watch?.OnConnected(this); // before anything that it does, or that is done to it
            _state = ConnectionState.Connected;
            held.Sending = sending = _session.AcceptAsync(this);
        }

        await sending;
        _seen?.Begin();
    }

    private ConnectionState ReadState()
    {
        lock (_session)
        {
            return _state;
        }
    }

    private ValueTask RefuseAsync(SocketIORefuse refusal)
    {
        var packet = Runtime.WriteRefusal(Namespace, refusal);
        if (ReadState() != ConnectionState.Connecting)
        {
            return ValueTask.CompletedTask;
        }

        EndFor("server namespace disconnect", discard: true);
        return _session.SendAsync(packet);
    }

    private async ValueTask LeaveAsync(bool closeSession)
    {
        var sends = _state == ConnectionState.Connected;
        _session.NoteSentOut(this);
        EndFor("server namespace disconnect", discard: true);
        if (sends)
        {
            await _session.SendAsync(Runtime.Codec.Write(PacketType.Disconnect, Namespace, []));
        }

        if (closeSession)
        {
            await _session.CloseAsync();
        }
    }
}
