namespace Channels.SocketIO;

/// <summary>
/// When a client is pinged, and by when it must have answered. In milliseconds of the heartbeat; guarded by its owner's lock. How long
/// it is from a ping to the next (the interval) and to its answer (the timeout) is the same for all clients, so each call is told.
/// </summary>
internal struct PingClock
{
    private long _pingAt;
    private long _deadline;
    private bool _awaitsPong;

    /// <summary>When to look again.</summary>
    public readonly long Due => _awaitsPong ? _deadline : _pingAt;

    /// <summary>From now on the client has its time: the first ping is an interval away.</summary>
    public void Restart(long now, long interval) => (_awaitsPong, _pingAt) = (false, now + interval);

    /// <summary>Whether the client is overdue.</summary>
    public readonly bool IsOverdue(long now) => _awaitsPong && now >= _deadline;

    /// <summary>The answer may have come where nobody has read it: the client gets more time.</summary>
    public void Extend(long now, long timeout) => _deadline = now + timeout;

    /// <summary>Whether a ping is to be sent now; it counts as sent.</summary>
    public bool TryPing(long now, long interval, long timeout)
    {
        if (_awaitsPong || now < _pingAt)
        {
            return false;
        }

        // By the plan and not by when it leaves; but a tick that came late leaves the client some time.
        _deadline = Math.Max(_pingAt + timeout, now + (timeout / 2));
        (_awaitsPong, _pingAt) = (true, Math.Max(_pingAt + interval, now));
        return true;
    }

    /// <summary>The client has answered; false when nothing was asked.</summary>
    public bool OnPong()
    {
        var awaited = _awaitsPong;
        _awaitsPong = false;
        return awaited;
    }
}
