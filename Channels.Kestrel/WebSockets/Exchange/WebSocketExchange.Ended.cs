using System.Threading.Tasks.Sources;

namespace Channels.Kestrel;

// The end of the connection: what tells of it, and what waits for it.
internal sealed partial class WebSocketExchange : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _ended = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _lost;
    private int _endedSet;
    private int _watching;

    /// <summary>Ends when nothing is read from or written to the peer any more. For one waiter, once.</summary>
    public ValueTask WaitEndedAsync() => new(this, _ended.Version);

    /// <summary>
    /// Hears of the connection's end also while nothing is read from it: before it is accepted, and while the application
    /// has enough to do. Reading tells all others, so that most sockets need no registration. (An application that blocks
    /// its thread before it accepts hears of it when it first waits.) May be called again.
    /// </summary>
    public void WatchRequest()
    {
        if (Interlocked.Exchange(ref _watching, 1) == 0)
        {
            _lost = _request.Aborted.UnsafeRegister(static state => ((WebSocketExchange)state!).OnRequestAborted(), this);
        }
    }

    /// <summary>Waits for what <see cref="WatchRequest"/> may be doing. After the end, or instead of it.</summary>
    public ValueTask StopWatchingAsync() => _lost.DisposeAsync();

    private bool HasEnded => Volatile.Read(ref _endedSet) != 0;

    void IValueTaskSource.GetResult(short token) => _ended.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _ended.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ended.OnCompleted(continuation, state, token, flags);

    private void SetEnded()
    {
        if (Interlocked.Exchange(ref _endedSet, 1) == 0)
        {
            _ended.SetResult(true);
        }
    }
}
