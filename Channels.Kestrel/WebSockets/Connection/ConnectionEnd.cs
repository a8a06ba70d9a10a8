using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// How others hear of a connection's end: the token that fires when the peer is gone, and the wait for everything to
/// come to rest. A base class instead of a part, because an idle socket is worth every object it does not have.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer or wait handle holds nothing to release, and the application may still look at its token.")]
internal abstract class ConnectionEnd : IThreadPoolWorkItem, IValueTaskSource
{
    private readonly CancellationTokenSource _aborted = new();
    private ManualResetValueTaskSourceCore<bool> _ended = new() { RunContinuationsAsynchronously = true };
    private int _abortFired;
    private int _endedSet;
    private int _partsAtWork = 2; // reading and writing

    /// <summary>Fires when the peer is gone or the server gives up.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Nothing is read from or written to the peer any more.</summary>
    public bool HasEnded => Volatile.Read(ref _endedSet) != 0;

    protected abstract ILogger Logger { get; }

    /// <summary>Asked before a line about something that a stranger can repeat.</summary>
    protected abstract FloodLog Flood { get; }

    /// <summary>Ends when nothing is read from or written to the peer any more. For one waiter, once.</summary>
    public ValueTask WaitEndedAsync() => new(this, _ended.Version);

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _aborted.Cancel();
        }
        catch (AggregateException error)
        {
            if (Flood.Begins(FloodLog.KindOf(error), "Scope.Aborted"))
            {
                WebSocketLog.AbortCallbackFailed(Logger, error);
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _ended.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _ended.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ended.OnCompleted(continuation, state, token, flags);

    /// <summary>Fires <see cref="Aborted"/> on a thread of its own: callbacks of others run there.</summary>
    protected void FireAborted()
    {
        if (Interlocked.Exchange(ref _abortFired, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Reading or writing has come to rest.</summary>
    protected void FinishPart()
    {
        if (Interlocked.Decrement(ref _partsAtWork) == 0)
        {
            SetEnded();
        }
    }

    protected void SetEnded()
    {
        if (Interlocked.Exchange(ref _endedSet, 1) == 0)
        {
            _ended.SetResult(true);
        }
    }
}
