using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// How one WebSocket ends: who was first, what the application and the peer are told, and when nothing is at work any
/// more (RFC 6455, section 7). It keeps the connection's phase, because every step of it may be the last.
/// </summary>
/// <remarks>
/// It is its own lock: an idle socket is worth every object it does not have. Nothing of the connection is called inside
/// the lock.
/// </remarks>
internal sealed class WebSocketClosing(WebSocketConnection connection) : ConnectionEnd
{
    private string? _owedReason; // before the connection is open: closes it then; after the peer's end: our answer
    private int _owedCode;
    private WebSocketPhase _phase;
    private ClosedBy _closedBy;
    private volatile bool _faulted;
    private volatile bool _drained;
    private volatile bool _outputFinished;

    public WebSocketPhase Phase => _phase;

    public ClosedBy ClosedBy => _closedBy;

    /// <summary>The code of the disconnect event.</summary>
    public int Code { get; private set; } = WebSocketRules.LostCode;

    /// <summary>Since when the phase has lasted that has deadlines of its own: the handshake, being open, the peer's end, ours. In heartbeat time.</summary>
    public long Since { get; private set; } = connection.Runtime.Heartbeat.Now;

    /// <summary>A peer that broke the protocol has got our close frame, and it is not clear yet that it has read it.</summary>
    public bool AwaitsDrain => _faulted && _outputFinished;

    protected override ILogger Logger => connection.Runtime.Logger;

    protected override FloodLog Flood => connection.Runtime.Flood;

    private bool IsOver => _phase >= WebSocketPhase.Denied;

    /// <summary>
    /// Checks what the application sends, and begins an answer to the handshake; the ends among these events are made by
    /// the methods below, which say what follows from them.
    /// </summary>
    public void Check(Event message, IReadOnlyList<string> offered, ref WebSocketDenial? denial)
    {
        lock (this)
        {
            var after = WebSocketRules.Next(_phase, message, offered, ref denial);
            if (after is WebSocketPhase.Accepting or WebSocketPhase.Denying)
            {
                _phase = after;
            }
        }
    }

    /// <summary>The handshake is complete. False when the connection was lost meanwhile.</summary>
    public bool TryOpen()
    {
        lock (this)
        {
            if (_phase != WebSocketPhase.Accepting)
            {
                return false;
            }

            _phase = WebSocketPhase.Open;
            Since = connection.Runtime.Heartbeat.Now;
            return true;
        }
    }

    /// <summary>Right after opening: the close that somebody has asked for during the handshake.</summary>
    public void CloseIfOwed()
    {
        if (_owedReason is { } reason)
        {
            var by = _closedBy == ClosedBy.Application ? ClosedBy.Application : ClosedBy.Server;
            Close(_owedCode, reason, by, discard: by == ClosedBy.Application);
        }
    }

    /// <summary>The application closes: before it has accepted, this refuses the handshake.</summary>
    public void CloseFromApplication(WebSocketClose close)
    {
        var reason = close.Reason ?? "";
        while (!TryClose())
        {
            // The phase is another one by now.
        }

        bool TryClose() => _phase switch
        {
            WebSocketPhase.Connecting => Refuse(HandshakeRefusal.Denied, WebSocketPhase.Connecting, WebSocketPhase.Closed, ClosedBy.Application),
            WebSocketPhase.Accepting => TryOweOnOpening(close.Code, reason, ClosedBy.Application),
            WebSocketPhase.Open => Close(close.Code, reason, ClosedBy.Application, discard: true),
            WebSocketPhase.Ending => AnswerPeer(), // the peer was first
            _ => true,
        };
    }

    /// <summary>The server closes: a limit was reached, or it stops.</summary>
    public void CloseFromServer(int code, string reason)
    {
        while (!TryClose())
        {
            // The phase is another one by now, and who asks for a close may ask only once.
        }

        bool TryClose() => _phase switch
        {
            WebSocketPhase.Connecting => Refuse(HandshakeRefusal.Stopping, WebSocketPhase.Connecting, WebSocketPhase.Lost, ClosedBy.Server),
            WebSocketPhase.Accepting => TryOweOnOpening(code, reason, ClosedBy.Server),
            WebSocketPhase.Open => CloseAndTell(code, reason, discard: false, dropWaiting: false),
            WebSocketPhase.Ending => AnswerPeer(),
            _ => true,
        };
    }

    /// <summary>
    /// The client makes us hold too much: what waits to be written is dropped, so that the close frame comes next should it
    /// read on; else it is cut. False when the connection is not open.
    /// </summary>
    /// <param name="code">The close code.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="discard">True when messages that wait for the application are dropped as well.</param>
    public bool CloseAndDrop(int code, string reason, bool discard) => CloseAndTell(code, reason, discard, dropWaiting: true);

    /// <summary>The application has ended, by itself or with an error.</summary>
    /// <param name="failed">Whether with an error.</param>
    /// <param name="denied">Its denial response is complete, and on its way.</param>
    /// <param name="refusal">How a handshake is refused that it has not answered; null as its failure.</param>
    public void OnApplicationEnded(bool failed, bool denied, HandshakeRefusal? refusal)
    {
        var code = failed ? CloseFrame.ServerError : CloseFrame.Normal;
        while (!TryEnd())
        {
            // The phase is another one by now.
        }

        bool TryEnd() => _phase switch
        {
            WebSocketPhase.Connecting => Refuse(refusal ?? HandshakeRefusal.Failed, WebSocketPhase.Connecting, WebSocketPhase.Lost, ClosedBy.Server),
            WebSocketPhase.Accepting => TryOweOnOpening(code, "", ClosedBy.Server),
            WebSocketPhase.Denying when !denied => Refuse(failed ? HandshakeRefusal.Failed : null, WebSocketPhase.Denying, WebSocketPhase.Denied, ClosedBy.Application),
            WebSocketPhase.Open => Close(code, "", failed ? ClosedBy.Server : ClosedBy.Application, discard: true),
            WebSocketPhase.Ending => AnswerPeer(),
            _ => true,
        };
    }

    /// <summary>Ends a handshake without a WebSocket. False, and nothing happens, when it is not, or no longer, in the phase that it is ended in.</summary>
    /// <param name="refusal">The response still to be written; null when the application has written its own.</param>
    /// <param name="before">The phase that it is ended in.</param>
    /// <param name="after">What the connection is afterwards.</param>
    /// <param name="by">Who refuses.</param>
    public bool Refuse(HandshakeRefusal? refusal, WebSocketPhase before, WebSocketPhase after, ClosedBy by)
    {
        lock (this)
        {
            if (_phase != before)
            {
                return false;
            }

            connection.Refusal = refusal;
            (_phase, _closedBy, Since) = (after, by, connection.Runtime.Heartbeat.Now);
        }

        EndHandshake();
        return true;
    }

    /// <summary>The peer's close frame: the application may answer what came before, but not for long.</summary>
    public void OnPeerClose(int code, string reason)
    {
        if (BeginEnding(code, reason, ClosedBy.Client, answer: ""))
        {
            FireAborted();
        }
    }

    /// <summary>The peer broke the protocol.</summary>
    public void OnFault(WebSocketFault fault)
    {
        _faulted = true;
        if (BeginEnding(fault.Code, fault.Reason, ClosedBy.Server, fault.Reason))
        {
            WebSocketLog.PeerFault(Logger, fault.Code, fault.Reason);
        }
    }

    /// <summary>Our half of a close handshake that the peer has begun, or the end after a fault. False, and nothing happens, in other phases.</summary>
    public bool AnswerPeer()
    {
        lock (this)
        {
            if (_phase != WebSocketPhase.Ending)
            {
                return false;
            }

            _phase = WebSocketPhase.Lost;
            Since = connection.Runtime.Heartbeat.Now;
        }

        connection.Outbound.Finish(_owedCode, _owedReason ?? "");
        FireAborted();
        connection.Deadlines.OnClosed();
        return true;
    }

    /// <summary>The peer is gone: nothing more can be sent, and nothing comes.</summary>
    public void Lose()
    {
        WebSocketPhase former;
        lock (this)
        {
            former = _phase;
            if (!IsOver)
            {
                if (former != WebSocketPhase.Ending)
                {
                    (_closedBy, Code) = (ClosedBy.Client, WebSocketRules.LostCode);
                }

                _phase = WebSocketPhase.Lost;
                Since = connection.Runtime.Heartbeat.Now;
            }
        }

        switch (former)
        {
            case WebSocketPhase.Denied or WebSocketPhase.Closed or WebSocketPhase.Lost:
                FireAborted(); // the application has closed, and may still be at work
                break;
            case WebSocketPhase.Open or WebSocketPhase.Ending:
                connection.Inbound.End(new WebSocketDisconnect(WebSocketRules.LostCode), discard: false);
                connection.Outbound.Abort();
                FireAborted();
                connection.Deadlines.OnClosed();
                connection.Inbound.DeliverLater();
                break;
            default:
                EndHandshake();
                break;
        }
    }

    /// <summary>Cuts the transport: reading and writing end by themselves then.</summary>
    public void Cut()
    {
        FireAborted();
        connection.Request.Abort();
        connection.Outbound.Abort();
        connection.Inbound.Stop();
    }

    /// <summary>The HTTP layer says that the connection is gone; what it had sent before may still be read.</summary>
    public void OnRequestAborted()
    {
        if (_phase is WebSocketPhase.Connecting or WebSocketPhase.Accepting or WebSocketPhase.Denying)
        {
            Lose();
        }
        else
        {
            FireAborted();
        }
    }

    /// <summary>What the peer sends after a fault or our close frame need not be waited for any longer.</summary>
    public void OnDrained()
    {
        _drained = true;
        if (_outputFinished)
        {
            connection.Inbound.Stop();
        }
    }

    /// <summary>Reading has come to rest. Called once, as the last that reading reports.</summary>
    public void OnInputFinished() => FinishPart();

    /// <summary>The peer cannot be written to any more.</summary>
    public void OnOutputFailed()
    {
        Lose();
        connection.Inbound.Stop();
    }

    /// <summary>After the last frame, or a failure: writing has come to rest. Called once.</summary>
    public void OnOutputFinished()
    {
        _outputFinished = true;
        if (_faulted)
        {
            if (_drained)
            {
                connection.Inbound.Stop();
            }
            else
            {
                connection.Deadlines.OnDraining();
            }
        }

        FinishPart();
    }

    // The acceptance is being written: who asks for a close now gets it as soon as there is something to close.
    private bool TryOweOnOpening(int code, string reason, ClosedBy by)
    {
        lock (this)
        {
            if (_phase != WebSocketPhase.Accepting)
            {
                return false;
            }

            if (_owedReason is null)
            {
                (_owedCode, _owedReason, _closedBy) = (code, reason, by);
            }

            return true;
        }
    }

    private bool CloseAndTell(int code, string reason, bool discard, bool dropWaiting)
    {
        var closed = Close(code, reason, ClosedBy.Server, discard, dropWaiting);
        if (closed)
        {
            FireAborted();
        }

        return closed;
    }

    private bool Close(int code, string reason, ClosedBy by, bool discard, bool dropWaiting = false)
    {
        lock (this)
        {
            if (_phase != WebSocketPhase.Open)
            {
                return false;
            }

            _phase = by == ClosedBy.Application ? WebSocketPhase.Closed : WebSocketPhase.Lost;
            (_closedBy, Code, Since) = (by, code, connection.Runtime.Heartbeat.Now);
        }

        connection.Inbound.End(new WebSocketDisconnect(code, reason), discard);
        connection.Outbound.Finish(code, reason, dropWaiting);
        connection.Inbound.Discard();
        connection.Deadlines.OnClosed();
        connection.Inbound.DeliverLater();
        return true;
    }

    private bool BeginEnding(int code, string reason, ClosedBy by, string answer)
    {
        lock (this)
        {
            if (_phase != WebSocketPhase.Open)
            {
                return false;
            }

            _phase = WebSocketPhase.Ending;
            (_closedBy, Code, Since) = (by, code, connection.Runtime.Heartbeat.Now);
            (_owedCode, _owedReason) = (code, answer);
        }

        connection.Inbound.End(new WebSocketDisconnect(code, reason), discard: false); // reading delivers it
        connection.Deadlines.OnEnding();
        return true;
    }

    private void EndHandshake()
    {
        connection.Inbound.End(new WebSocketDisconnect(WebSocketRules.LostCode), discard: false);
        FireAborted();
        SetEnded();
        connection.Inbound.DeliverLater();
    }
}
