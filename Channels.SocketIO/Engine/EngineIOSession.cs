namespace Channels.SocketIO;

/// <summary>One session, as the transports see it that take turns in carrying it: who may, what they bring, and how one takes over from the other.</summary>
internal sealed class EngineIOSession : SessionLife
{
    private readonly string? _owner;
    private WebSocketLink? _link;      // carries the session
    private WebSocketLink? _candidate; // is to carry it
    private long _upgradeBy;           // the candidate's time
    private RequestTurns? _turns;      // made for the first request: a WebSocket sends none

    /// <param name="runtime">What all sessions share.</param>
    /// <param name="id">The session's id.</param>
    /// <param name="request">The request that opens it.</param>
    /// <param name="link">The WebSocket that carries it; null for polling.</param>
    public EngineIOSession(EngineIORuntime runtime, string id, RequestScope request, WebSocketLink? link)
        : base(runtime, id, request)
    {
        (_owner, _link) = (UserKey.Of(request.User), link);
        if (link is not null)
        {
            Outbound.MoveTo(link);
        }
    }

    /// <summary>The turns that the client's requests take.</summary>
    public RequestTurns Turns => Volatile.Read(ref _turns) ?? Interlocked.CompareExchange(ref _turns, new(Memory), null) ?? _turns;

    /// <summary>The session is open for its client.</summary>
    public void Start(RequestScope request) => Begin(Runtime.ScopeFor(request, this));

    /// <summary>Whether a later request comes from whom the session belongs to.</summary>
    public bool BelongsTo(string? user) => !Runtime.Options.RequireSameUser || user == _owner;

    /// <summary>Why polling requests are refused; null when they are not.</summary>
    public EngineIOError? FindObjection()
    {
        lock (this)
        {
            return !IsKnown ? EngineIOError.SessionUnknown : _link is not null ? EngineIOError.BadRequest : null;
        }
    }

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
                OnFarewell();
                break;
            case EnginePacketType.Ping:
                Fail(DisconnectReason.TransportError, "a ping, which only the server sends");
                break;
        }

        return Task.CompletedTask; // the others mean nothing here, and harm nobody
    }

    /// <summary>A WebSocket wants to carry the session.</summary>
    /// <returns>False when another one does already, or tries to.</returns>
    public bool TryBeginUpgrade(WebSocketLink link)
    {
        lock (this)
        {
            if (!IsOpen || _link is not null || _candidate is not null)
            {
                return false;
            }

            (_candidate, _upgradeBy) = (link, Runtime.Heartbeat.ReadNow() + Runtime.UpgradeTimeout);
            Runtime.Heartbeat.Schedule(this, _upgradeBy);
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
            if (!IsOpen || _candidate != link)
            {
                return false;
            }

            (_candidate, _link) = (null, link);
            RestartPings(); // an answer that is on its way by polling is not waited for
            Outbound.MoveTo(link);
        }

        Runtime.Metrics.Upgraded();
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

    /// <summary>A WebSocket of the session's is gone.</summary>
    public void OnLinkLost(WebSocketLink link)
    {
        if (Volatile.Read(ref _link) == link)
        {
            OnCarrierLost();
        }
    }

    /// <inheritdoc/>
    public override long Beat(long now)
    {
        WebSocketLink? late = null;
        lock (this)
        {
            if (_candidate is not null && now >= _upgradeBy)
            {
                late = _candidate;
                EndUpgrade(late);
            }
        }

        late?.Close(1000);
        var next = base.Beat(now);
        lock (this)
        {
            return _candidate is null ? next : Math.Min(next, _upgradeBy);
        }
    }

    /// <inheritdoc/>
    protected override void OnEnded() => Interlocked.Exchange(ref _candidate, null)?.Close(1000);
}
