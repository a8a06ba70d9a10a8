namespace Channels.Kestrel;

/// <summary>Aborts a request's scope when its time is up, besides when its client goes away.</summary>
internal sealed class RequestLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly HttpLog _log;
    private readonly ITimer _timer;
    private volatile bool _reached;

    public RequestLimit(TimeSpan limit, TimeProvider time, HttpLog log, CancellationToken aborted)
    {
        _log = log;
        _source = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _timer = time.CreateTimer(static state => ((RequestLimit)state!).OnReached(), this, limit, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    public bool IsReached => _reached;

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void OnReached()
    {
        _reached = true;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return; // the request ended while its timer fired
        }
        catch (AggregateException error)
        {
            _log.AbortFailed(error); // a callback that the application registered on Scope.Aborted
        }
    }
}
