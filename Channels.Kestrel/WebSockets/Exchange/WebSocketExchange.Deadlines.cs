namespace Channels.Kestrel;

// Everything that depends on time, all of it driven by the shared heartbeat.
internal sealed partial class WebSocketExchange
{
    // How long a busy application may answer what came before the peer's close frame.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    // How long a peer that broke the rules may take to go, so that our close frame reaches it (W-60).
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);

    private static readonly byte[] Ping = FrameWriting.Control(FrameOpcode.Ping, []);

    private long _since;
    private long _lastInput;
    private long _lastReceived;
    private long _pingedAt;

    private TaskCompletionSource? _abandoned;
    private volatile bool _isAbandoned;

    /// <summary>Ends when the application takes too long after the end of the connection; made only when somebody waits.</summary>
    public Task WaitAbandonedAsync()
    {
        var abandoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _abandoned, abandoned);
        Interlocked.MemoryBarrier(); // the heartbeat sets the flag first and looks for the source then
        if (_isAbandoned)
        {
            abandoned.TrySetResult();
        }

        return abandoned.Task;
    }

    public override long Beat(long now) => _state switch
    {
        ExchangeState.Connecting or ExchangeState.Accepting or ExchangeState.Denying => BeatConnecting(now),
        ExchangeState.Open => BeatOpen(now),
        ExchangeState.Ending => BeatEnding(now),
        _ => BeatClosed(now),
    };

    // In either direction.
    private long LastMessage => Math.Max(_lastReceived, _writer.LastSent);

    private long BeatConnecting(long now)
    {
        var due = After(_since, _runtime.Options.HandshakeTimeout);
        if (now < due)
        {
            return due;
        }

        if (_state == ExchangeState.Connecting)
        {
            Refuse(HandshakeRefusal.TimedOut, ClosedBy.Server);
        }
        else
        {
            _request.Abort(); // it began to answer, but the peer does not take the answer
            Lose();
        }

        return After(now, _runtime.Options.ApplicationCloseTimeout);
    }

    private long BeatOpen(long now)
    {
        var options = _runtime.Options;
        if (_writer.BlockedSince is { } blocked && now >= blocked + (long)options.SlowClientTimeout.TotalMilliseconds)
        {
            CloseSlowClient();
            return BeatClosed(now);
        }

        var (code, reason) = now switch
        {
            _ when now >= After(_since, options.MaxAge) => (CloseFrame.Normal, "connection too old"),
            _ when now >= After(LastMessage, options.IdleTimeout) => (CloseFrame.Normal, "idle for too long"),
            _ when _pump!.MessageSince is > 0 and var begun && now >= After(begun, options.MessageTimeout) => (CloseFrame.PolicyViolation, "message took too long"),
            _ => (0, ""),
        };
        if (code != 0)
        {
            CloseFromServer(code, reason, HandshakeRefusal.Stopping);
            return After(now, options.CloseTimeout);
        }

        return Math.Min(KeepAlive(now), NextOpenDeadline());
    }

    // Returns when to look again.
    private long KeepAlive(long now)
    {
        var options = _runtime.Options;
        if (options.KeepAliveInterval <= TimeSpan.Zero)
        {
            return Never;
        }

        if (_pump!.IsPaused)
        {
            (_lastInput, _pingedAt) = (now, 0); // we do not read: its silence proves nothing
        }

        if (_pingedAt == 0)
        {
            var due = After(_lastInput, options.KeepAliveInterval);
            if (now < due)
            {
                return due;
            }

            _pingedAt = Math.Max(1, now);
            _writer.SendControl(Ping);
            return After(now, options.KeepAliveTimeout);
        }

        var dead = After(_pingedAt, options.KeepAliveTimeout);
        if (now < dead)
        {
            return dead;
        }

        Log.PingTimeout(_runtime.Logger);
        Lose();
        Cut();
        return After(now, options.ApplicationCloseTimeout);
    }

    private long NextOpenDeadline()
    {
        var options = _runtime.Options;
        var due = Math.Min(After(_since, options.MaxAge), After(LastMessage, options.IdleTimeout));
        if (_pump!.MessageSince is > 0 and var begun)
        {
            due = Math.Min(due, After(begun, options.MessageTimeout));
        }
        else if (options.MessageTimeout > TimeSpan.Zero)
        {
            // A message that begins right now is not announced: look in time for it.
            due = Math.Min(due, After(_runtime.Heartbeat.Now, options.MessageTimeout));
        }

        return _writer.BlockedSince is { } blocked ? Math.Min(due, After(blocked, options.SlowClientTimeout)) : due;
    }

    // What waits is dropped, so that the close frame comes next should the client read on; else it is cut.
    private void CloseSlowClient()
    {
        lock (this)
        {
            if (_state != ExchangeState.Open)
            {
                return;
            }

            _state = ExchangeState.Closed;
            (_closedBy, CloseCode, _since) = (ClosedBy.Server, CloseFrame.TryAgainLater, _runtime.Heartbeat.Now);
        }

        const string reason = "client reads too slowly";
        Log.TooSlow(_runtime.Logger, _runtime.Options.SlowClientTimeout.TotalSeconds);
        _events.End(new WebSocketDisconnect(CloseFrame.TryAgainLater, reason), discard: false);
        _writer.Finish(CloseFrame.Encode(CloseFrame.TryAgainLater, reason), dropWaiting: true);
        _pump!.Discard(); // an open connection has one
        FireAborted();
        _events.DeliverLater();
    }

    private long BeatEnding(long now)
    {
        var due = After(_since, AnswerTime);
        if (now < due)
        {
            return due;
        }

        PayClose();
        return After(now, _runtime.Options.CloseTimeout);
    }

    private long BeatClosed(long now)
    {
        if (!HasEnded)
        {
            if (_faulted && _outputFinished && now >= After(_since, DrainTime))
            {
                _pump!.Stop(); // a fault comes from the pump
            }
            else if (now >= _since + (long)_runtime.Options.CloseTimeout.TotalMilliseconds)
            {
                Cut();
            }

            return now + 1000;
        }

        var due = After(_since, _runtime.Options.ApplicationCloseTimeout);
        if (now >= due)
        {
            _isAbandoned = true;
            Interlocked.MemoryBarrier();
            Volatile.Read(ref _abandoned)?.TrySetResult();
            return Never;
        }

        return due;
    }

    private void ScheduleOpen()
    {
        Schedule(_runtime.Options.KeepAliveInterval);
        _runtime.Heartbeat.Schedule(this, NextOpenDeadline());
    }

    private void ScheduleClosed()
    {
        Schedule(_runtime.Options.CloseTimeout, evenZero: true);
        Schedule(_runtime.Options.ApplicationCloseTimeout);
    }

    private void Schedule(TimeSpan timeout, bool evenZero = false)
    {
        if (timeout > TimeSpan.Zero || evenZero)
        {
            _runtime.Heartbeat.Schedule(this, _runtime.Heartbeat.Now + (long)timeout.TotalMilliseconds);
        }
    }

    // Zero means that the deadline does not exist.
    private static long After(long since, TimeSpan timeout) => timeout > TimeSpan.Zero ? since + (long)timeout.TotalMilliseconds : Never;
}
