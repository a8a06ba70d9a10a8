using System.Diagnostics.CodeAnalysis;

namespace Channels.SocketIO;

/// <summary>
/// The life of one session, whatever carries it: runs the application inside, asks the client by its heartbeat whether it is
/// there, and ends, for whatever reason, once.
/// </summary>
/// <remarks>It is its own lock, taken before those of its outbound, its inbound and the heartbeat.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release.")]
internal abstract class SessionLife : HeartbeatEntry
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly string _place; // for logs
    private SessionPhase _phase;
    private bool _ended; // the application inside has
    private PingClock _pings;
    private long _closeBy; // the poll that is to learn of the end

    /// <param name="runtime">What all sessions share.</param>
    /// <param name="id">The session's id.</param>
    /// <param name="request">The request that opens it.</param>
    protected SessionLife(EngineIORuntime runtime, string id, RequestScope request)
    {
        (Runtime, Id, _place) = (runtime, id, request.Route.Template);
        Memory = new SessionMemory(this, request);
        Inbound = new SessionInbound(runtime.Options, Memory);
        Outbound = new SessionOutbound(this);
        Traffic = runtime.Traffic?.Open(this);
    }

    public EngineIORuntime Runtime { get; }

    /// <summary>The session's id.</summary>
    public string Id { get; }

    /// <summary>By whom is counted what waits in the session, in both directions.</summary>
    public SessionMemory Memory { get; }

    public SessionInbound Inbound { get; }

    public SessionOutbound Outbound { get; }

    /// <summary>What it has carried; null when nobody wants to know.</summary>
    public SessionTraffic? Traffic { get; }

    /// <summary>What carries the session.</summary>
    public EngineIOTransport Transport => Outbound.Transport;

    /// <summary>Fires when the session ends.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>The application inside; never fails.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Whether its id means anything any more.</summary>
    public bool IsKnown => _phase != SessionPhase.Closed;

    /// <summary>Whether it was ended because memory is short: nothing that waits in it is kept.</summary>
    public bool IsShed { get; private set; }

    /// <summary>Whether it has not ended.</summary>
    public bool IsOpen => _phase == SessionPhase.Open;

    /// <summary>The client does what it must not.</summary>
    /// <param name="reason">What the application is told.</param>
    /// <param name="what">What the log is told.</param>
    public void Fail(string reason, string what)
    {
        if (IsOpen)
        {
            Runtime.Log.Misbehaved(what, _place);
        }

        End(reason, EngineIOSend.Close, reason == DisconnectReason.ParseError ? 1002 : 1000);
    }

    /// <summary>A request of the client's was cut.</summary>
    public void OnRequestLost() => End(DisconnectReason.TransportError, farewell: null);

    /// <summary>The client says farewell.</summary>
    protected void OnFarewell() => End(DisconnectReason.TransportClose, EngineIOSend.Noop);

    /// <summary>The WebSocket that has carried the session is gone.</summary>
    protected void OnCarrierLost() =>
        End(Runtime.IsDraining ? DisconnectReason.ServerShuttingDown : DisconnectReason.TransportClose, farewell: null, closeCode: 0);

    /// <summary>The WebSocket that carries the session takes nothing any more.</summary>
    /// <param name="link">The WebSocket.</param>
    /// <param name="error">What sending ended in.</param>
    public void OnLinkFailed(WebSocketLink link, Exception error)
    {
        if (error is ConnectionClosedException)
        {
            OnCarrierLost(); // its reader hears of the same end: which of the two is first says nothing about it
            return;
        }

        End(DisconnectReason.TransportError, farewell: null, closeCode: 0);
        link.Close(1011);
    }

    /// <summary>More waits for the client than may.</summary>
    public void OnOverflow()
    {
        Runtime.Log.Overflowed(_place);
        End(DisconnectReason.ForcedClose, EngineIOSend.Close, discard: true);
    }

    /// <summary>Memory is short, and this session holds more than others: it ends as one for whom too much waits, and lets go of what its application has not taken, too.</summary>
    public void OnMemoryShort()
    {
        IsShed = true;
        End(DisconnectReason.ForcedClose, EngineIOSend.Close, discard: true);
        Inbound.Drop(); // of one that had ended before, too
    }

    /// <summary>The application inside ends the session.</summary>
    public void CloseFromApplication(bool discard) => End(DisconnectReason.ForcedClose, EngineIOSend.Close, discard: discard, ownWish: true);

    /// <summary>The server stops.</summary>
    public void ShutDown() => End(DisconnectReason.ServerShuttingDown, EngineIOSend.Close, closeCode: 1001, ownWish: true);

    /// <summary>What the GET is answered with.</summary>
    public IReadOnlyList<EngineIOSend> Take(WaitingPoll poll)
    {
        IReadOnlyList<EngineIOSend> packets;
        lock (this)
        {
            packets = Outbound.Take(poll);
            if (_phase == SessionPhase.Closing)
            {
                Forget(); // the farewell is among them, as nothing ends the session in between
            }
        }

        Runtime.Metrics.PolledOut(packets.Count);
        return packets;
    }

    /// <inheritdoc/>
    public override long Beat(long now)
    {
        string? reason;
        long next;
        lock (this)
        {
            if (_phase == SessionPhase.Closing && now >= _closeBy)
            {
                Outbound.Drop();
                Forget();
            }

            reason = IsOpen ? KeepTime(now) : null;
            next = _phase switch
            {
                SessionPhase.Open => _pings.Due,
                SessionPhase.Closing => _closeBy,
                _ => Never,
            };
        }

        if (reason is not null)
        {
            End(reason, EngineIOSend.Close);
        }

        return next;
    }

    /// <summary>The application inside begins, and the client's time runs.</summary>
    protected void Begin(EngineIOScope scope)
    {
        lock (this)
        {
            RestartPings();
        }

        Running = RunAsync(scope);
    }

    /// <summary>The client has all its time again. Inside the lock.</summary>
    protected void RestartPings()
    {
        _pings.Restart(Runtime.Heartbeat.ReadNow(), Runtime.PingInterval);
        Runtime.Heartbeat.Schedule(this, _pings.Due);
    }

    /// <summary>The client has answered a ping.</summary>
    protected void OnPong()
    {
        lock (this)
        {
            if (IsOpen && _pings.OnPong())
            {
                Runtime.Heartbeat.Schedule(this, _pings.Due);
            }
        }
    }

    /// <summary>The session has just ended; nothing begins any more. Once, outside the lock.</summary>
    protected abstract void OnEnded();

    // Inside the lock. Why the session is over, or null.
    private string? KeepTime(long now)
    {
        if (_pings.IsOverdue(now))
        {
            if (!Inbound.IsBlocking)
            {
                return DisconnectReason.PingTimeout;
            }

            _pings.Extend(now, Runtime.PingTimeout);
        }
        else if (_pings.TryPing(now, Runtime.PingInterval, Runtime.PingTimeout))
        {
            Outbound.SendControl(EngineIOSend.Ping);
        }

        return null;
    }

    /// <param name="reason">What the application is told.</param>
    /// <param name="farewell">What polling says; null when nobody listens.</param>
    /// <param name="closeCode">What a WebSocket is closed with; 0 when it is gone.</param>
    /// <param name="discard">Whether what waits for the client is dropped.</param>
    /// <param name="ownWish">Whether it is not the client that ends it: it is told, even if it must come for that.</param>
    private void End(string reason, EngineIOSend? farewell, int closeCode = 1000, bool discard = false, bool ownWish = false)
    {
        lock (this)
        {
            if (!IsOpen)
            {
                if (_phase == SessionPhase.Closing && !ownWish)
                {
                    Outbound.Drop();
                    Forget(); // the client knows, or never will
                }

                return;
            }

            if (Outbound.Finish(farewell, closeCode == 0 ? null : new WebSocketClose(closeCode), discard, mayWait: ownWish || discard))
            {
                _phase = SessionPhase.Closing;
                _closeBy = Runtime.Heartbeat.ReadNow() + Runtime.CloseTimeout;
                Runtime.Heartbeat.Schedule(this, _closeBy);
            }
            else
            {
                Forget();
            }
        }

        Runtime.Metrics.Ended(reason);
        OnEnded();
        if (Traffic is not null)
        {
            Runtime.Traffic!.Close(Traffic, reason); // it gave the one, so it is there
        }

        Inbound.Close(reason, discard: IsShed || (ownWish && reason == DisconnectReason.ForcedClose));
        _ = _aborted.CancelAsync(); // elsewhere: what is registered with it takes its time
    }

    // Inside the lock.
    private void Forget()
    {
        _phase = SessionPhase.Closed;
        Runtime.Heartbeat.Remove(this);
        if (_ended)
        {
            Remove();
        }
    }

    // Inside the lock.
    private void Remove()
    {
        Runtime.Remove(this);
        Memory.Forget();
    }

    // No method below it waits, up to the application inside: each would be a frame kept per idle client.
    private async Task RunAsync(EngineIOScope scope)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // an application that blocks holds up nobody's handshake
        try
        {
            await Runtime.Inner(scope, Inbound.ReceiveAsync, Outbound.Send);
        }
        catch (ConnectionClosedException)
        {
            // Sending to a client that is gone: nobody's mistake.
        }
        catch (OperationCanceledException) when (_aborted.IsCancellationRequested)
        {
            // The application heeded Scope.Aborted.
        }
#pragma warning disable CA1031 // whatever an application throws ends its session, and nothing else
        catch (Exception error)
#pragma warning restore CA1031
        {
            Runtime.Log.ApplicationFailed(error, _place);
        }

        CloseFromApplication(discard: false);
        lock (this)
        {
            _ended = true;
            if (_phase == SessionPhase.Closed)
            {
                Remove();
            }
        }
    }
}
