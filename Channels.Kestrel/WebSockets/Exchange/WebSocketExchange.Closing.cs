using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

// Who ends the connection, and what follows from it.
internal sealed partial class WebSocketExchange : IThreadPoolWorkItem
{
    private (int Code, string Reason)? _due; // before the connection is open: closes it then; after the peer's end: our answer
    private int _abortFired;
    private bool _accepted;

    // The application has ended, by itself or with an error.
    private void OnApplicationEnded(bool failed)
    {
        lock (this)
        {
            if (_state == ExchangeState.Accepting)
            {
                _due ??= (failed ? CloseFrame.ServerError : CloseFrame.Normal, "");
            }
        }

        switch (_state)
        {
            case ExchangeState.Connecting:
                Refuse(HandshakeRefusal.Failed, ClosedBy.Server);
                break;
            case ExchangeState.Denying when !_denialComplete:
                Refuse(_denialFailed ? HandshakeRefusal.Failed : null, ClosedBy.Application);
                break;
            case ExchangeState.Open:
                Close(failed ? CloseFrame.ServerError : CloseFrame.Normal, "", failed ? ClosedBy.Server : ClosedBy.Application, discard: true);
                break;
            case ExchangeState.Ending:
                PayClose();
                break;
        }
    }

    /// <summary>The HTTP layer says that the connection is gone; what it had sent before may still be read.</summary>
    private void OnRequestAborted()
    {
        if (_accepted)
        {
            FireAborted();
        }
        else
        {
            Lose();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _aborted.Cancel();
        }
        catch (AggregateException error)
        {
            Log.AbortCallbackFailed(_runtime.Logger, error);
        }
    }

    private void Open()
    {
        (int Code, string Reason)? closing;
        lock (this)
        {
            if (_state != ExchangeState.Accepting)
            {
                return; // lost meanwhile
            }

            _accepted = true;
            _state = ExchangeState.Open;
            _since = _lastInput = _lastReceived = _runtime.Heartbeat.Now;
            (closing, _due) = (_due, null);
        }

        ScheduleOpen();
        _pump!.Start(); // made just before
        if (closing is { } close)
        {
            Close(close.Code, close.Reason, ClosedBy.Server, discard: false);
        }
    }

    // The peer has closed or broken the rules: the application may answer what came before, but not for long.
    private bool BeginEnding(int code, string reason, ClosedBy by, (int, string) owed)
    {
        lock (this)
        {
            if (_state != ExchangeState.Open)
            {
                return false;
            }

            _state = ExchangeState.Ending;
            (_closedBy, CloseCode, _due, _since) = (by, code, owed, _runtime.Heartbeat.Now);
        }

        _events.End(new WebSocketDisconnect(code, reason), discard: false); // the pump delivers it
        Schedule(AnswerTime);
        return true;
    }

    // Our half of a close handshake that the peer has begun, or the end after a fault.
    private void PayClose()
    {
        lock (this)
        {
            if (_state != ExchangeState.Ending)
            {
                return;
            }

            _state = ExchangeState.Closed;
            _since = _runtime.Heartbeat.Now;
        }

        var (code, reason) = _due ?? (CloseFrame.NoCode, "");
        _writer.Finish(CloseFrame.Encode(code, reason));
        FireAborted();
        ScheduleClosed();
    }

    private ValueTask CloseFromApplication(WebSocketClose close)
    {
        switch (_state)
        {
            case ExchangeState.Connecting:
                Refuse(HandshakeRefusal.Denied, ClosedBy.Application);
                break;
            case ExchangeState.Ending:
                PayClose(); // the peer was first
                break;
            default:
                Close(close.Code, close.Reason ?? "", ClosedBy.Application, discard: true);
                break;
        }

        return ValueTask.CompletedTask;
    }

    private void CloseFromServer(int code, string reason, HandshakeRefusal refusal)
    {
        lock (this)
        {
            if (_state == ExchangeState.Accepting)
            {
                _due = (code, reason);
            }
        }

        switch (_state)
        {
            case ExchangeState.Connecting:
                Refuse(refusal, ClosedBy.Server);
                break;
            case ExchangeState.Open:
                Close(code, reason, ClosedBy.Server, discard: false);
                FireAborted();
                break;
            case ExchangeState.Ending:
                PayClose();
                break;
        }
    }

    private void Close(int code, string reason, ClosedBy by, bool discard)
    {
        lock (this)
        {
            if (_state != ExchangeState.Open)
            {
                return;
            }

            _state = ExchangeState.Closed;
            (_closedBy, CloseCode, _since) = (by, code, _runtime.Heartbeat.Now);
        }

        _events.End(new WebSocketDisconnect(code, reason), discard);
        _writer.Finish(CloseFrame.Encode(code, reason));
        _pump!.Discard(); // an open connection has one
        ScheduleClosed();
        _events.DeliverLater();
    }

    private void Refuse(HandshakeRefusal? refusal, ClosedBy by)
    {
        lock (this)
        {
            if (_state is ExchangeState.Open or ExchangeState.Ending or ExchangeState.Closed)
            {
                return;
            }

            _state = ExchangeState.Closed;
            (_refusal, _closedBy, _since) = (refusal, by, _runtime.Heartbeat.Now);
        }

        EndHandshake();
    }

    // Nothing more can be sent, and nothing comes.
    private void Lose()
    {
        ExchangeState former;
        lock (this)
        {
            former = _state;
            if (former is not (ExchangeState.Ending or ExchangeState.Closed))
            {
                (_closedBy, CloseCode) = (ClosedBy.Client, CloseFrame.Lost);
            }

            if (former != ExchangeState.Closed)
            {
                _state = ExchangeState.Closed;
                _since = _runtime.Heartbeat.Now;
            }
        }

        if (former == ExchangeState.Closed)
        {
            FireAborted(); // the application has closed, and may still be at work
            return;
        }

        if (former is not (ExchangeState.Open or ExchangeState.Ending))
        {
            EndHandshake();
            return;
        }

        _events.End(new WebSocketDisconnect(CloseFrame.Lost), discard: false);
        _writer.Abort();
        FireAborted();
        ScheduleClosed();
        _events.DeliverLater();
    }

    private void EndHandshake()
    {
        _events.End(new WebSocketDisconnect(CloseFrame.Lost), discard: false);
        FireAborted();
        SetEnded();
        _events.DeliverLater();
    }

    void IInboundEventsOwner.OnTaken(Event message)
    {
        if (message is WebSocketDisconnect)
        {
            PayClose();
        }
        else
        {
            _pump?.ResumeIfRoom();
        }
    }

    // On a thread of its own: callbacks of others run there.
    private void FireAborted()
    {
        if (Interlocked.Exchange(ref _abortFired, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Debug, "A WebSocket peer broke the protocol and is closed with {Code}: {Reason}.")]
        public static partial void PeerFault(ILogger logger, int code, string reason);

        [LoggerMessage(1102, LogLevel.Error, "A callback on Scope.Aborted failed.")]
        public static partial void AbortCallbackFailed(ILogger logger, Exception error);

        [LoggerMessage(1103, LogLevel.Warning, "A WebSocket client reads too slowly; messages to it are dropped until it has caught up.")]
        public static partial void Dropping(ILogger logger);

        [LoggerMessage(1104, LogLevel.Warning, "A WebSocket client read nothing for {Seconds} s and is closed with 1013.")]
        public static partial void TooSlow(ILogger logger, double seconds);

        [LoggerMessage(1105, LogLevel.Debug, "A WebSocket peer answered no ping and counts as lost.")]
        public static partial void PingTimeout(ILogger logger);
    }
}
