using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// One request and its response between Kestrel and an application. Each request gets an exchange of its own: an
/// application that keeps <see cref="Receive"/> or <see cref="Send"/> too long finds a closed exchange, never the
/// connection's next request.
/// </summary>
internal sealed class HttpExchange
{
    private readonly RequestBody _body;
    private readonly ResponseWriter _response;
    private readonly SendGate _gate = new();
    private readonly CancellationToken _aborted;
    private TaskCompletionSource? _ended;
    private volatile bool _over;

    public HttpExchange(IFeatureCollection features, IHttpRequestFeature request, ChannelsServerOptions options, CancellationToken aborted)
    {
        _aborted = aborted;
        _body = new RequestBody(features, options.MaxRequestPartBytes);
        _response = new ResponseWriter(features, request) { ServerHeader = options.ServerHeader };
        Receive = ReceiveAsync;
        Send = SendAsync;
    }

    public Receive Receive { get; }

    public Send Send { get; }

    public ResponseWriter Response => _response;

    /// <summary>Whether the connection is gone.</summary>
    public bool IsAborted => _aborted.IsCancellationRequested;

    /// <summary>What reading the body ended in: 413 or 400 when the client is to blame; 0 otherwise.</summary>
    public int BodyFault => _body.Fault;

    /// <summary>
    /// Ends the exchange: later sends fail, receives yield the disconnect. Waits for a send that is under way, so that
    /// nothing touches the response afterwards.
    /// </summary>
    public async ValueTask EndAsync()
    {
        if (!_gate.TryEnter())
        {
            await _gate.EnterAsync(CancellationToken.None);
        }

        MarkOver();
        _gate.Exit();
    }

    /// <summary>Lets a receive that waits for the request's body yield the disconnect.</summary>
    public void StopReading() => _body.Stop();

    /// <summary>Ends the exchange without waiting; for an application that is abandoned after its connection was lost.</summary>
    public void Abandon() => MarkOver();

    private void MarkOver()
    {
        _over = true;
        TellReceiver();
    }

    private ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_over || _aborted.IsCancellationRequested || _response.IsComplete)
        {
            return new(HttpDisconnect.Instance);
        }

        if (!_body.IsRead)
        {
            return _body.ReadAsync(cancellationToken);
        }

        return WaitForEndAsync(cancellationToken);
    }

    private async ValueTask<Event> WaitForEndAsync(CancellationToken cancellationToken)
    {
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = Interlocked.CompareExchange(ref _ended, fresh, null) ?? fresh;
        if (_over || _response.IsComplete)
        {
            // The end came before it could see that somebody waits for it.
            return HttpDisconnect.Instance;
        }

        await using var registration = _aborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        await ended.Task.WaitAsync(cancellationToken);
        return HttpDisconnect.Instance;
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_gate.TryEnter())
        {
            return SendInTurnAsync(message, cancellationToken);
        }

        ValueTask sending;
        try
        {
            sending = SendNowAsync(message, cancellationToken);
        }
        catch
        {
            _gate.Exit();
            throw;
        }

        if (sending.IsCompletedSuccessfully)
        {
            Sent();
            return ValueTask.CompletedTask;
        }

        return FinishAsync(sending);
    }

    private async ValueTask SendInTurnAsync(Event message, CancellationToken cancellationToken)
    {
        await _gate.EnterAsync(cancellationToken);
        ValueTask sending;
        try
        {
            sending = SendNowAsync(message, cancellationToken);
        }
        catch
        {
            _gate.Exit();
            throw;
        }

        await FinishAsync(sending);
    }

    private async ValueTask FinishAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (Exception error) when (_aborted.IsCancellationRequested && error is not (ConnectionClosedException or IllegalEventException))
        {
            throw new ConnectionClosedException("The client went away while the response was written.", error);
        }
        finally
        {
            Sent();
        }

        if (_aborted.IsCancellationRequested)
        {
            // Kestrel drops what is written after an abort without a word.
            throw new ConnectionClosedException();
        }
    }

    private void Sent()
    {
        _gate.Exit();
        if (_response.IsComplete)
        {
            TellReceiver();
        }
    }

    // The caller has just marked the end; the barrier makes sure that it is seen before a receiver is looked for.
    private void TellReceiver()
    {
        Interlocked.MemoryBarrier();
        _ended?.TrySetResult();
    }

    private ValueTask SendNowAsync(Event message, CancellationToken cancellationToken)
    {
        if (_over || _aborted.IsCancellationRequested)
        {
            throw new ConnectionClosedException();
        }

        if (_body.Fault != 0 && !_response.HasStarted)
        {
            throw new ConnectionClosedException("The request body was malformed or too long; the server answers it.");
        }

        return message switch
        {
            HttpResponseBody body => _response.WriteAsync(body, cancellationToken),
            HttpResponseStart start => _response.Start(start),
            HttpResponseTrailers trailers => _response.WriteTrailersAsync(trailers),
            _ => throw _response.Illegal(message),
        };
    }
}
