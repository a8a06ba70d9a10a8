using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// One session: runs the application inside, and joins what comes in, what goes out, the transports that take turns in
/// carrying both, and the heartbeat.
/// </summary>
/// <remarks>It is its own lock, taken before those of its outbound, its inbound and the heartbeat.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release.")]
internal sealed class EngineIOSession : HeartbeatEntry
{
    private readonly EngineIORuntime _runtime;
    private readonly CancellationTokenSource _aborted = new();
    private readonly string _place;
    private readonly string? _owner;
    private SessionPhase _phase;
    private WebSocketLink? _link;      // carries the session
    private WebSocketLink? _candidate; // is to carry it
    private PingClock _pings;
    private long _deadline; // of the upgrade, or of the poll that is to learn of the end
    private ForwardedTurns? _forwarded; // once a request has come by another process
    private bool _posting;
    private bool _ended; // the application inside has

    /// <param name="runtime">What all sessions share.</param>
    /// <param name="id">The session's id.</param>
    /// <param name="request">The request that opens it.</param>
    /// <param name="link">The WebSocket that carries it; null for polling.</param>
    public EngineIOSession(EngineIORuntime runtime, string id, RequestScope request, WebSocketLink? link)
    {
        (_runtime, Id, _link) = (runtime, id, link);
        (_place, _owner) = (request.Route.Template, UserKey.Of(request.User));
        _pings = new PingClock(runtime.PingInterval, runtime.PingTimeout);
        Inbound = new SessionInbound(runtime.Options);
        Outbound = new SessionOutbound(this, runtime.Options);
        Traffic = runtime.Traffic?.Open(this);
        if (link is not null)
        {
            Outbound.MoveTo(link);
        }
    }

    /// <summary>The session's id.</summary>
    public string Id { get; }

    public SessionInbound Inbound { get; }

    public SessionOutbound Outbound { get; }

    /// <summary>What it has carried; null when nobody wants to know.</summary>
    public SessionTraffic? Traffic { get; }

    /// <summary>What was answered by way of other processes.</summary>
    public ForwardedTurns Forwarded => Volatile.Read(ref _forwarded) ?? Interlocked.CompareExchange(ref _forwarded, new(), null) ?? _forwarded;

    /// <summary>What carries the session.</summary>
    public EngineIOTransport Transport => Outbound.Transport;

    /// <summary>Fires when the session ends.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>The application inside; never fails.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Whether its id means anything any more.</summary>
    public bool IsKnown => _phase != SessionPhase.Closed;

    /// <summary>The session is open for its client: the application inside begins, and the client's time runs.</summary>
    public void Start(RequestScope request)
    {
        lock (this)
        {
            RestartPings();
        }

        Running = RunAsync(_runtime.ScopeFor(request, this));
    }

    /// <summary>Whether a later request comes from whom the session belongs to.</summary>
    public bool BelongsTo(string? user) => !_runtime.Options.RequireSameUser || user == _owner;

    /// <summary>Why polling requests are refused; null when they are not.</summary>
    public EngineIOError? FindObjection()
    {
        lock (this)
        {
            return !IsKnown ? EngineIOError.SessionUnknown : _link is not null ? EngineIOError.BadRequest : null;
        }
    }

    /// <summary>The client polls here: what it was answered elsewhere has arrived.</summary>
    public void ConfirmForwarded() => Volatile.Read(ref _forwarded)?.ConfirmPoll();

    /// <summary>What the GET is answered with.</summary>
    public IReadOnlyList<EngineIOSend> Take(WaitingPoll poll)
    {
        var packets = Outbound.Take(poll);
        _runtime.Metrics.PolledOut(packets.Count);
        lock (this)
        {
            if (_phase == SessionPhase.Closing)
            {
                Forget(); // the farewell is among them
            }
        }

        return packets;
    }

    /// <summary>A POST has come. False when another one is being read; otherwise <see cref="EndPost"/> must follow.</summary>
    public bool TryBeginPost() => !Interlocked.Exchange(ref _posting, true);

    /// <summary>The POST is about to be answered: the client may send the next one.</summary>
    public void EndPost() => Volatile.Write(ref _posting, false);

    /// <summary>A packet has come, by whatever transport carries the session.</summary>
    /// <returns>Completes when there is room for what follows.</returns>
    public Task ReceiveAsync(in EnginePacket packet)
    {
        switch (packet.Type)
        {
            case EnginePacketType.Message:
                Traffic?.CountIn(packet.Data.Length);
                return Inbound.AddAsync(new EngineIOMessage(packet.IsText, packet.Data), packet.Data.Length);
            case EnginePacketType.Pong:
                OnPong();
                break;
            case EnginePacketType.Close:
                End(DisconnectReason.TransportClose, EngineIOSend.Noop);
                break;
            case EnginePacketType.Ping:
                Fail(DisconnectReason.TransportError, "a ping, which only the server sends");
                break;
        }

        return Task.CompletedTask; // the others mean nothing here, and harm nobody
    }

    /// <summary>The client does what it must not.</summary>
    /// <param name="reason">What the application is told.</param>
    /// <param name="what">What the log is told.</param>
    public void Fail(string reason, string what)
    {
        if (_phase == SessionPhase.Open)
        {
            _runtime.Log.Misbehaved(what, _place);
        }

        End(reason, EngineIOSend.Close, reason == DisconnectReason.ParseError ? 1002 : 1000);
    }

    /// <summary>A request of the client's was cut.</summary>
    public void OnRequestLost() => End(DisconnectReason.TransportError, farewell: null);

    /// <summary>A WebSocket wants to carry the session.</summary>
    /// <returns>False when another one does already, or tries to.</returns>
    public bool TryBeginUpgrade(WebSocketLink link)
    {
        lock (this)
        {
            if (_phase != SessionPhase.Open || _link is not null || _candidate is not null)
            {
                return false;
            }

            _candidate = link;
            _deadline = _runtime.Heartbeat.ReadNow() + _runtime.UpgradeTimeout;
            _runtime.Heartbeat.Schedule(this, _deadline);
            return true;
        }
    }

    /// <summary>The client has found that the WebSocket works: it waits for its open poll, and then changes.</summary>
    public void OnProbe(WebSocketLink link)
    {
        lock (this)
        {
            if (_candidate == link)
            {
                Outbound.ReleasePolls(true);
            }
        }
    }

    /// <summary>From here on the WebSocket carries the session.</summary>
    /// <returns>False when it came too late.</returns>
    public bool TryUpgrade(WebSocketLink link)
    {
        lock (this)
        {
            if (_phase != SessionPhase.Open || _candidate != link)
            {
                return false;
            }

            (_candidate, _link) = (null, link);
            RestartPings(); // an answer that is on its way by polling is not waited for
            Outbound.MoveTo(link);
        }

        _runtime.Metrics.Upgraded();
        _ = Inbound.AddAsync(EngineIOUpgraded.Instance, 0);
        return true;
    }

    /// <summary>The WebSocket that was to carry the session is gone, or will not: polling goes on.</summary>
    public void EndUpgrade(WebSocketLink link)
    {
        lock (this)
        {
            if (_candidate == link)
            {
                _candidate = null;
                Outbound.ReleasePolls(false);
            }
        }
    }

    /// <summary>The WebSocket that carries the session is gone.</summary>
    public void OnLinkLost(WebSocketLink link)
    {
        if (Volatile.Read(ref _link) != link)
        {
            return;
        }

        End(_runtime.IsDraining ? DisconnectReason.ServerShuttingDown : DisconnectReason.TransportClose, farewell: null, closeCode: 0);
    }

    /// <summary>The WebSocket that carries the session takes nothing any more.</summary>
    public void OnLinkFailed(WebSocketLink link)
    {
        End(DisconnectReason.TransportError, farewell: null, closeCode: 0);
        link.Close(1011);
    }

    /// <summary>More waits for the client than may.</summary>
    public void OnOverflow()
    {
        _runtime.Log.Overflowed(_place);
        End(DisconnectReason.ForcedClose, EngineIOSend.Close, discard: true);
    }

    /// <summary>The application inside ends the session.</summary>
    public void CloseFromApplication(bool discard) => End(DisconnectReason.ForcedClose, EngineIOSend.Close, discard: discard, ownWish: true);

    /// <summary>The server stops.</summary>
    public void ShutDown() => End(DisconnectReason.ServerShuttingDown, EngineIOSend.Close, closeCode: 1001, ownWish: true);

    /// <inheritdoc/>
    public override long Beat(long now)
    {
        WebSocketLink? late = null;
        var reason = default(string);
        var next = Never;
        lock (this)
        {
            switch (_phase)
            {
                case SessionPhase.Closed:
                    break;
                case SessionPhase.Closing when now >= _deadline:
                    Outbound.Drop();
                    Forget();
                    break;
                case SessionPhase.Closing:
                    next = _deadline;
                    break;
                default:
                    if (_candidate is not null && now >= _deadline)
                    {
                        late = _candidate;
                        EndUpgrade(late);
                    }

                    reason = KeepTime(now);
                    next = Math.Min(_pings.Due, _candidate is null ? Never : _deadline);
                    break;
            }
        }

        late?.Close(1000);
        if (reason is not null)
        {
            End(reason, EngineIOSend.Close);
        }

        return next;
    }

    // Inside the lock. Why the session is over, or null.
    private string? KeepTime(long now)
    {
        if (_pings.IsOverdue(now))
        {
            if (!Inbound.IsBlocking)
            {
                return DisconnectReason.PingTimeout;
            }

            _pings.Extend(now);
        }
        else if (_pings.TryPing(now))
        {
            Outbound.SendControl(EngineIOSend.Ping);
        }

        return null;
    }

    // Inside the lock.
    private void RestartPings()
    {
        _pings.Restart(_runtime.Heartbeat.ReadNow());
        _runtime.Heartbeat.Schedule(this, _pings.Due);
    }

    private void OnPong()
    {
        lock (this)
        {
            if (_phase == SessionPhase.Open && _pings.OnPong())
            {
                _runtime.Heartbeat.Schedule(this, _pings.Due);
            }
        }
    }

    /// <param name="reason">What the application is told.</param>
    /// <param name="farewell">What polling says; null when nobody listens.</param>
    /// <param name="closeCode">What a WebSocket is closed with; 0 when it is gone.</param>
    /// <param name="discard">Whether what waits for the client is dropped.</param>
    /// <param name="ownWish">Whether it is not the client that ends it: it is told, even if it must come for that.</param>
    private void End(string reason, EngineIOSend? farewell, int closeCode = 1000, bool discard = false, bool ownWish = false)
    {
        WebSocketLink? candidate;
        lock (this)
        {
            if (_phase != SessionPhase.Open)
            {
                if (_phase == SessionPhase.Closing && !ownWish)
                {
                    Outbound.Drop();
                    Forget(); // the client knows, or never will
                }

                return;
            }

            (candidate, _candidate) = (_candidate, null);
            if (Outbound.Finish(farewell, closeCode == 0 ? null : new WebSocketClose(closeCode), discard, mayWait: ownWish || discard))
            {
                _phase = SessionPhase.Closing;
                _deadline = _runtime.Heartbeat.ReadNow() + _runtime.CloseTimeout;
                _runtime.Heartbeat.Schedule(this, _deadline);
            }
            else
            {
                Forget();
            }
        }

        _runtime.Metrics.Ended(reason);
        candidate?.Close(1000);
        if (Traffic is not null)
        {
            _runtime.Traffic!.Close(Traffic, reason); // it gave the one, so it is there
        }

        Inbound.Close(reason, discard: ownWish && reason == DisconnectReason.ForcedClose);
        _ = _aborted.CancelAsync(); // elsewhere: what is registered with it takes its time
    }

    // Inside the lock.
    private void Forget()
    {
        _phase = SessionPhase.Closed;
        _runtime.Heartbeat.Remove(this);
        if (_ended)
        {
            _runtime.Remove(this);
        }
    }

    private async Task RunAsync(EngineIOScope scope)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // an application that blocks holds up nobody's handshake
        await _runtime.RunInnerAsync(scope, this);
        CloseFromApplication(discard: false);
        lock (this)
        {
            _ended = true;
            if (_phase == SessionPhase.Closed)
            {
                _runtime.Remove(this);
            }
        }
    }
}
