namespace Channels.Kestrel;

/// <summary>Everything about one WebSocket that depends on time, all of it driven by the shared heartbeat.</summary>
internal sealed class WebSocketDeadlines(WebSocketConnection connection) : HeartbeatEntry, IThreadPoolWorkItem
{
    // How long a busy application may answer what came before the peer's close frame.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    // How long a peer that broke the rules may take to go, so that our close frame reaches it.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);

    // What has come goes through three or four work items until it is read (the system's event, the transport, the
    // frames).
    private const int HopsOfInput = 10;

    // Their threads may be interrupted, by as much as a busy machine likes.
    private const long BetweenLooks = 1000;

    private static readonly byte[] Ping = FrameWriting.Control(FrameOpcode.Ping, []);

    private bool _pings; // the application has no heartbeat of its own
    private long _pingedAt; // 0 for not since something came
    private int _hopsLeft; // of a look that is under way
    private long _silentAt; // when the first look had found nothing; 0 for not since the ping
    private TaskCompletionSource? _abandoned;
    private volatile bool _isAbandoned;

    private WebSocketClosing Closing => connection.Closing;

    private WebSocketServerOptions Options => connection.Runtime.Options;

    private ConnectionHeartbeat Heartbeat => connection.Runtime.Heartbeat;

    // In either direction.
    private long LastMessage => Math.Max(connection.Inbound.LastReceived, connection.Outbound.LastSent);

    /// <summary>The application is asked for its answer.</summary>
    public void OnConnecting() => Schedule(Options.HandshakeTimeout);

    /// <summary>Messages go both ways.</summary>
    public void OnOpen(bool pings)
    {
        _pings = pings;
        Schedule(Options.KeepAliveInterval);
        Heartbeat.Schedule(this, NextOpenDeadline());
    }

    /// <summary>A send begins to wait for room.</summary>
    public void OnOutputBlocked() => Schedule(Options.SlowClientTimeout, evenZero: true);

    /// <summary>The peer has closed or broken the protocol.</summary>
    public void OnEnding() => Schedule(AnswerTime);

    /// <summary>Our close frame is on its way, or nobody is there any more.</summary>
    public void OnClosed()
    {
        Schedule(Options.CloseTimeout, evenZero: true);
        Schedule(Options.ApplicationCloseTimeout);
    }

    /// <summary>A peer that broke the protocol may still be sending.</summary>
    public void OnDraining() => Schedule(DrainTime);

    /// <summary>The connection is over.</summary>
    public void End() => Heartbeat.Remove(this);

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

        Heartbeat.Schedule(this, Heartbeat.Now);
        return abandoned.Task;
    }

    /// <inheritdoc/>
    public override long Beat(long now) => Closing.Phase switch
    {
        WebSocketPhase.Connecting or WebSocketPhase.Accepting or WebSocketPhase.Denying => BeatConnecting(now),
        WebSocketPhase.Open => BeatOpen(now),
        WebSocketPhase.Ending => BeatEnding(now),
        _ => BeatClosed(now),
    };

    private long BeatConnecting(long now)
    {
        var due = After(Closing.Since, Options.HandshakeTimeout);
        if (now < due)
        {
            return due;
        }

        if (Closing.Refuse(HandshakeRefusal.TimedOut, WebSocketPhase.Connecting, WebSocketPhase.Lost, ClosedBy.Server))
        {
            if (connection.Runtime.Flood.Begins("an unanswered handshake", connection.Route))
            {
                WebSocketLog.Unanswered(connection.Runtime.Logger, connection.Request.Application ?? "The application", connection.Route, Options.HandshakeTimeout.TotalSeconds);
            }
        }
        else if (Closing.Phase is WebSocketPhase.Accepting or WebSocketPhase.Denying)
        {
            connection.Request.Abort(); // it began to answer, but the peer does not take the answer
            Closing.Lose();
        }

        return After(now, Options.ApplicationCloseTimeout);
    }

    private long BeatOpen(long now)
    {
        if (connection.Outbound.BlockedSince is { } blocked && now >= blocked + (long)Options.SlowClientTimeout.TotalMilliseconds)
        {
            if (Closing.CloseAndDrop(CloseFrame.TryAgainLater, "client reads too slowly", discard: false) && connection.Runtime.Flood.Begins("a client that reads too slowly", connection.Route))
            {
                WebSocketLog.TooSlow(connection.Runtime.Logger, Options.SlowClientTimeout.TotalSeconds);
            }

            return BeatClosed(now);
        }

        var (code, reason) = now switch
        {
            _ when now >= After(Closing.Since, Options.MaxAge) => (CloseFrame.Normal, "connection too old"),
            _ when now >= After(LastMessage, Options.IdleTimeout) => (CloseFrame.Normal, "idle for too long"),
            _ when connection.Inbound.MessageSince is > 0 and var begun && now >= After(begun, Options.MessageTimeout) => (CloseFrame.PolicyViolation, "message took too long"),
            _ => (0, ""),
        };
        if (code != 0)
        {
            Closing.CloseFromServer(code, reason);
            return After(now, Options.CloseTimeout);
        }

        return Math.Min(KeepAlive(now), NextOpenDeadline());
    }

    // Returns when to look again.
    private long KeepAlive(long now)
    {
        if (!_pings || Options.KeepAliveInterval <= TimeSpan.Zero || !connection.Inbound.ShowsPongs)
        {
            return Never;
        }

        if (connection.Inbound.IsPaused)
        {
            connection.Inbound.NoteInput(); // we do not read: its silence proves nothing
        }

        if (_pingedAt == 0 || connection.Inbound.LastInput >= _pingedAt)
        {
            _pingedAt = 0;
            var due = After(connection.Inbound.LastInput, Options.KeepAliveInterval);
            if (now < due)
            {
                return due;
            }

            (_pingedAt, _silentAt) = (Math.Max(1, now), 0);
            connection.Outbound.SendControl(Ping);
        }

        var dead = After(_pingedAt, Options.KeepAliveTimeout);
        if (now < dead)
        {
            return Math.Min(dead, After(now, Options.KeepAliveInterval)); // once this ping is answered, the next is due an interval later
        }

        if (Volatile.Read(ref _hopsLeft) == 0 && now >= _silentAt + BetweenLooks)
        {
            _hopsLeft = HopsOfInput;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return now + 1000;
    }

    // A pool without a free thread has not read what the peer sent. What was queued before this runs before it, so
    // silence that lasts until here is the peer's; unless a thread was interrupted with its octets in hand, which a
    // second look some time after the first tells.
    void IThreadPoolWorkItem.Execute()
    {
        if (connection.Inbound.LastInput >= _pingedAt || connection.Inbound.IsPaused || Closing.Phase != WebSocketPhase.Open)
        {
            _hopsLeft = 0;
            return;
        }

        if (--_hopsLeft > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        if (_silentAt == 0)
        {
            _silentAt = Heartbeat.Now;
            Volatile.Write(ref _hopsLeft, 0);
            return;
        }

        Closing.Lose();
        Closing.Cut();
        WebSocketLog.PingTimeout(connection.Runtime.Logger);
    }

    private long NextOpenDeadline()
    {
        var due = Math.Min(After(Closing.Since, Options.MaxAge), After(LastMessage, Options.IdleTimeout));
        if (connection.Inbound.MessageSince is > 0 and var begun)
        {
            due = Math.Min(due, After(begun, Options.MessageTimeout));
        }
        else if (Options.MessageTimeout > TimeSpan.Zero)
        {
            // A message that begins right now is not announced: look in time for it.
            due = Math.Min(due, After(Heartbeat.Now, Options.MessageTimeout));
        }

        return connection.Outbound.BlockedSince is { } blocked ? Math.Min(due, After(blocked, Options.SlowClientTimeout)) : due;
    }

    private long BeatEnding(long now)
    {
        var due = After(Closing.Since, AnswerTime);
        if (now < due)
        {
            return due;
        }

        Closing.AnswerPeer();
        return After(now, Options.CloseTimeout);
    }

    private long BeatClosed(long now)
    {
        if (!Closing.HasEnded)
        {
            if (Closing.AwaitsDrain && now >= After(Closing.Since, DrainTime))
            {
                connection.Inbound.Stop();
            }
            else if (now >= Closing.Since + (long)Options.CloseTimeout.TotalMilliseconds)
            {
                Closing.Cut();
            }

            return now + 1000;
        }

        var due = After(Closing.Since, Options.ApplicationCloseTimeout);
        if (now >= due)
        {
            _isAbandoned = true;
            Interlocked.MemoryBarrier();
            Volatile.Read(ref _abandoned)?.TrySetResult();
            return Never;
        }

        return due;
    }

    private void Schedule(TimeSpan timeout, bool evenZero = false)
    {
        if (timeout > TimeSpan.Zero || evenZero)
        {
            Heartbeat.Schedule(this, Heartbeat.Now + (long)timeout.TotalMilliseconds);
        }
    }

    // Zero means that the deadline does not exist.
    private static long After(long since, TimeSpan timeout) => timeout > TimeSpan.Zero ? since + (long)timeout.TotalMilliseconds : Never;
}
