namespace Channels.SocketRouter;

/// <summary>Closes a connection whose client has been silent for too long. The timer is not set anew for each message: it looks when it fires.</summary>
internal sealed class IdleWatch : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Func<ValueTask> _close;
    private readonly ITimer _timer;
    private long _heard;

    public IdleWatch(TimeSpan timeout, TimeProvider time, Func<ValueTask> close)
    {
        (_timeout, _time, _close) = (timeout, time, close);
        _heard = time.GetTimestamp();
        _timer = time.CreateTimer(static watch => ((IdleWatch)watch!).Look(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The client has said something.</summary>
    public void Note() => Volatile.Write(ref _heard, _time.GetTimestamp());

    public void Dispose() => _timer.Dispose();

    private async void Look()
    {
        var left = _timeout - _time.GetElapsedTime(Volatile.Read(ref _heard));
        if (left > TimeSpan.Zero)
        {
            _timer.Change(left, Timeout.InfiniteTimeSpan); // false when it was disposed meanwhile
            return;
        }

        try
        {
            await _close();
        }
        catch (Exception)
        {
            // It is closed, or about to be; and nobody waits for a timer: what left it would end the process.
        }
    }
}
