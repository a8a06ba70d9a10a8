namespace Channels.AspNetCore;

/// <summary>
/// Closes one WebSocket when its login ends: at its time, or because whoever has given it no longer takes it. One timer, and
/// none for a login without an end. Thread-safe.
/// </summary>
internal sealed class LoginLease : ConnectionLease, IDisposable
{
    /// <summary>Timers take no longer time than that.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly LoginLog _log;
    private readonly Send _send;
    private readonly TimeSpan _every;
    private readonly Func<Task<bool>> _ask;
    private readonly bool _confirms; // the login is looked at once more before the handshake is accepted
    private DateTimeOffset? _expires;
    private DateTimeOffset? _nextQuestion;
    private int _login; // grows with each other login: what is answered about a former one counts for nothing
    private ITimer? _timer;
    private bool _over;

    /// <param name="time">The clock.</param>
    /// <param name="log">Where it is told that nobody could be asked.</param>
    /// <param name="send">The connection.</param>
    /// <param name="found">Whose login, and when it ends.</param>
    /// <param name="every">How often to ask whether it is still good; zero for never.</param>
    /// <param name="ask">Asks.</param>
    public LoginLease(TimeProvider time, LoginLog log, Send send, FoundUser found, TimeSpan every, Func<Task<bool>> ask)
    {
        (_time, _log, _send, _expires, _every, _ask) = (time, log, send, found.Expires, every, ask);
        var asks = Asks(found);
        _confirms = asks || found.IsByCookie;
        _nextQuestion = asks ? time.GetUtcNow() + every : null;
        Arm();
    }

    public override void Renew(DateTimeOffset? expires)
    {
        lock (_lock)
        {
            _expires = expires;
            Arm();
        }
    }

    public override async ValueTask<bool> ConfirmAsync()
    {
        if (!_confirms || await _ask())
        {
            return true;
        }

        Dispose();
        await RequireUser.DenyAsync(_send, 401);
        return false;
    }

    /// <summary>
    /// Another login has taken the place of the former one, and its names are joined. Those who know it are asked at once: before
    /// it was joined, its end would have been told to nobody.
    /// </summary>
    public void Replace(FoundUser found)
    {
        lock (_lock)
        {
            _login++;
            (_expires, _nextQuestion) = (found.Expires, Asks(found) ? _time.GetUtcNow() : null);
            Arm();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
            _timer?.Dispose();
        }
    }

    private bool Asks(FoundUser found) => _every > TimeSpan.Zero && found.Schemes.Count > 0;

    // Under the lock, or before anybody else sees this.
    private void Arm()
    {
        var due = _expires is null || _nextQuestion < _expires ? _nextQuestion : _expires;
        if (_over || (due is null && _timer is null))
        {
            return;
        }

        var wait = due is { } at ? TimeSpan.FromTicks(Math.Clamp((at - _time.GetUtcNow()).Ticks, 0, LongestWait.Ticks)) : Timeout.InfiniteTimeSpan;
        _timer ??= CreateTimer();
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    // Nothing of the handshake goes on in the timer: a scheme that is asked later would write into a response that has long begun.
    private ITimer CreateTimer()
    {
        var isSuppressed = ExecutionContext.IsFlowSuppressed();
        AsyncFlowControl flow = isSuppressed ? default : ExecutionContext.SuppressFlow();
        try
        {
            return _time.CreateTimer(static state => ((LoginLease)state!).OnTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (!isSuppressed)
            {
                flow.Undo();
            }
        }
    }

    private void OnTime()
    {
        int? asked = null;
        lock (_lock)
        {
            if (_over)
            {
                return;
            }

            var now = _time.GetUtcNow();
            if (_expires <= now)
            {
                _over = true;
            }
            else if (_nextQuestion <= now)
            {
                (asked, _nextQuestion) = (_login, null); // until it is answered
            }
            else
            {
                Arm(); // a timer may be early, and takes no longer than its longest time
                return;
            }
        }

        // Without the lock: what a scheme does before its first wait would keep out whoever renews or replaces the login.
        _ = asked is { } login ? AskAsync(login) : CloseAsync("login expired");
    }

    private async Task AskAsync(int login)
    {
        var isGood = true;
        try
        {
            isGood = await _ask();
        }
#pragma warning disable CA1031 // whatever a scheme throws whose database is away: it ends no socket, and is asked again
        catch (Exception error)
#pragma warning restore CA1031
        {
            _log.NotAsked(error);
        }

        lock (_lock)
        {
            if (_over || login != _login)
            {
                return;
            }

            if (isGood)
            {
                _nextQuestion = _time.GetUtcNow() + _every;
                Arm();
                return;
            }

            _over = true;
        }

        await CloseAsync("login ended");
    }

    private async Task CloseAsync(string reason)
    {
        try
        {
            await _send(new WebSocketClose(Users.LoginEndedCode, reason));
        }
        catch (Exception error) when (error is ConnectionClosedException or IllegalEventException)
        {
            // It has ended already, or refuses its handshake just now.
        }
    }
}
