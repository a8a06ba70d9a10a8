using System.Net;

namespace Channels.Kestrel;

/// <summary>
/// A request that lasts: its application has begun an event stream, or waits for the end. It counts like a WebSocket, and a
/// stop of the server reaches it. One per exchange at most.
/// </summary>
internal sealed class LongRequest(HttpExchange exchange, HttpRuntime runtime, IPAddress? client) : IDrainableConnection
{
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _waiting;
    private volatile bool _stopping;
    private volatile bool _knowsOfStop;
    private int _ended;

    /// <inheritdoc/>
    public int Place { get; set; }

    /// <summary>Whether the application has heard that the server stops.</summary>
    public bool KnowsOfStop => _knowsOfStop;

    /// <summary>Whether the server stops and the application has not heard of it: nobody but the server ends the response now.</summary>
    public bool IsToEnd => _stopping && !_waiting && !_knowsOfStop;

    /// <summary>Lets it in.</summary>
    /// <returns>Null, or the name of the limit that refuses it.</returns>
    public string? TryBegin()
    {
        if (runtime.Limits.TryAdmit(client, handshake: false) is { } limit)
        {
            return limit;
        }

        runtime.LongRequests.Add(this);
        _stopping = runtime.IsStopping; // the drain may not have seen it
        return null;
    }

    /// <summary>Waits for the end of the exchange, or of the server.</summary>
    /// <param name="gone">Fires when the client has gone.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask<HttpDisconnect> WaitAsync(CancellationToken gone, CancellationToken cancellationToken)
    {
        _waiting = true;
        Interlocked.MemoryBarrier(); // as in RequestClose: either this sees the stop, or the stop sees who waits
        try
        {
            if (!_stopping)
            {
                await using var registration = gone.UnsafeRegister(static state => ((LongRequest)state!).Tell(), this);
                await _told.Task.WaitAsync(cancellationToken);
            }

            _knowsOfStop = _stopping && !exchange.IsOver; // before it counts as no longer waiting: see IsToEnd
        }
        finally
        {
            _waiting = false;
        }

        return _knowsOfStop ? new HttpDisconnect { IsServerStopping = true } : HttpDisconnect.Instance;
    }

    /// <summary>Lets who waits go on.</summary>
    public void Tell() => _told.TrySetResult();

    /// <summary>Nothing is left of it. May be called again.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            runtime.LongRequests.Remove(this);
            runtime.Limits.Release(client);
        }
    }

    void IDrainableConnection.RequestClose(int code, string reason)
    {
        if (exchange.Response is { HasStarted: true, ContentLength: not null })
        {
            return; // has an end of its own
        }

        _stopping = true;
        Interlocked.MemoryBarrier();
        if (_waiting)
        {
            Tell();
        }
        else
        {
            exchange.Response.CompleteEventStream(); // its application is at work, and finds out when it next sends or receives
        }
    }
}
