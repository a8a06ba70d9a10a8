using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// One request and its response between the server and an application. Each request gets an exchange of its own: an
/// application that keeps <see cref="Receive"/> or <see cref="Send"/> too long finds a closed exchange, never the
/// connection's next request.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "EndAsync releases what must be; an abandoned application may still look at its token.")]
internal sealed class HttpExchange
{
    private readonly IFeatureCollection _features;
    private readonly HttpRuntime _runtime;
    private readonly CancellationToken _aborted;       // the client has gone
    private readonly CancellationTokenSource? _headEnd; // of a HEAD request: its response may end before its application
    private RequestBody? _body; // made when something is received
    private TaskCompletionSource? _ended;
    private SemaphoreSlim? _turns; // made when senders meet
    private int _senders;          // who sends, and who waits for the turn
    private int _receiving;
    private volatile bool _over;
    private volatile bool _handedOver;

    public HttpExchange(IFeatureCollection features, IHttpRequestFeature request, HttpRuntime runtime, CancellationToken aborted)
    {
        (_features, _runtime, _aborted) = (features, runtime, aborted);
        _headEnd = HttpMethods.IsHead(request.Method) ? CancellationTokenSource.CreateLinkedTokenSource(aborted) : null;
        Response = new ResponseWriter(features, request, runtime.Options.ServerHeader);
        Receive = ReceiveAsync;
        Send = SendAsync;
    }

    public Receive Receive { get; }

    public Send Send { get; }

    public ResponseWriter Response { get; }

    /// <summary>Fires when nobody waits for the application any more: the connection is gone, or the response to HEAD has its headers.</summary>
    public CancellationToken Aborted => _headEnd?.Token ?? _aborted;

    /// <summary>Whether the connection is gone.</summary>
    public bool IsAborted => _aborted.IsCancellationRequested;

    /// <summary>Whether somebody reads the request and writes the response past this exchange.</summary>
    public bool IsHandedOver => _handedOver;

    /// <summary>How far the response has come, for a log line.</summary>
    public string State => _handedOver ? "handed over" : Response.State;

    /// <summary>What reading the body ended in: 413 or 400 when the client is to blame; 0 otherwise.</summary>
    public int BodyFault => _body?.Fault ?? 0;

    /// <summary>
    /// Ends the exchange: later sends fail, receives yield the disconnect. Waits for a send that is under way, so that
    /// nothing touches the response afterwards.
    /// </summary>
    public async ValueTask EndAsync()
    {
        if (!TryEnter())
        {
            await WaitTurnAsync(CancellationToken.None);
        }

        Abandon();
        Leave();
        _headEnd?.Dispose();
    }

    /// <summary>Lets a receive that waits for the request's body yield the disconnect.</summary>
    public void StopReading() => _body?.Stop();

    /// <summary>Ends the exchange without waiting; for an application that is abandoned after its connection was lost.</summary>
    public void Abandon()
    {
        _over = true;
        TellReceiver();
    }

    /// <summary>Gives the whole exchange away: nothing is received or sent here any more.</summary>
    /// <exception cref="InvalidOperationException">The application has begun to read the body or to answer.</exception>
    /// <exception cref="ConnectionClosedException">The exchange is over.</exception>
    public IFeatureCollection HandOver()
    {
        if (!TryEnter())
        {
            throw new InvalidOperationException("The exchange cannot be handed over while an event is being sent.");
        }

        try
        {
            if (_handedOver || Response.HasBegun || _body is { HasBegun: true })
            {
                throw new InvalidOperationException(_handedOver ? "The exchange has been handed over already; one caller may take it."
                    : Response.HasBegun ? "The exchange cannot be handed over: its response has begun. Take the features before anything is sent."
                    : "The exchange cannot be handed over: its request body has been read from. Take the features before anything is received.");
            }

            if (_over || _aborted.IsCancellationRequested)
            {
                throw new ConnectionClosedException();
            }

            _handedOver = true;
            return _features;
        }
        finally
        {
            Leave();
        }
    }

    private ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_over || _aborted.IsCancellationRequested || Response.IsComplete)
        {
            return new(HttpDisconnect.Instance);
        }

        if (_handedOver)
        {
            throw HandedOver();
        }

        if (Interlocked.Exchange(ref _receiving, 1) != 0)
        {
            throw new InvalidOperationException("A receive is outstanding already; one call at a time.");
        }

        var body = _body ??= new RequestBody(_features, _runtime.Options.MaxRequestPartBytes);
        if (body.IsRead || !body.IsAbsent())
        {
            return ReceiveLaterAsync(body, cancellationToken);
        }

        Volatile.Write(ref _receiving, 0);
        return new(HttpRequest.Empty);
    }

    private async ValueTask<Event> ReceiveLaterAsync(RequestBody body, CancellationToken cancellationToken)
    {
        try
        {
            return body.IsRead ? await WaitForEndAsync(cancellationToken) : await body.ReadPartAsync(cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    private async ValueTask<Event> WaitForEndAsync(CancellationToken cancellationToken)
    {
        var ended = _ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.MemoryBarrier(); // as in TellReceiver: either this sees the end, or the end sees who waits for it
        if (!_over && !Response.IsComplete)
        {
            await using var registration = _aborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
            await ended.Task.WaitAsync(cancellationToken);
        }

        return HttpDisconnect.Instance;
    }

    // The caller has just marked the end.
    private void TellReceiver()
    {
        Interlocked.MemoryBarrier();
        _ended?.TrySetResult();
    }

    private ValueTask SendAsync(Event message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryEnter())
        {
            return SendInTurnAsync(message, cancellationToken);
        }

        var sending = SendNow(message, cancellationToken);
        if (!sending.IsCompletedSuccessfully)
        {
            return FinishAsync(sending);
        }

        Sent();
        return ValueTask.CompletedTask;
    }

    private async ValueTask SendInTurnAsync(Event message, CancellationToken cancellationToken)
    {
        await WaitTurnAsync(cancellationToken);
        await FinishAsync(SendNow(message, cancellationToken));
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
        Leave();
        if (!Response.IsComplete)
        {
            return;
        }

        TellReceiver();
        if (Response.EndedEarly)
        {
            // On a thread of its own: callbacks of the application run there.
            ThreadPool.UnsafeQueueUserWorkItem(static exchange => exchange.EndHead(), this, preferLocal: false);
        }
    }

    private void EndHead()
    {
        try
        {
            _headEnd?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The application was faster.
        }
        catch (AggregateException error)
        {
            _runtime.Log.AbortFailed(error); // a callback that the application registered on Scope.Aborted
        }
    }

    private ValueTask SendNow(Event message, CancellationToken cancellationToken)
    {
        try
        {
            return _over || _aborted.IsCancellationRequested ? throw new ConnectionClosedException()
                : _handedOver ? throw HandedOver()
                : BodyFault != 0 && !Response.HasStarted ? throw new ConnectionClosedException("The request body was malformed or too long; the server answers it.")
                : Response.SendAsync(message, cancellationToken);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    private static IllegalEventException HandedOver() =>
        new("The exchange was handed over with its features; read the request and write the response through them.");

    // One sender at a time, in the order of arrival; without a queue, entering and leaving cost one interlocked operation each.
    private bool TryEnter() => Interlocked.CompareExchange(ref _senders, 1, 0) == 0;

    private async ValueTask WaitTurnAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _senders) == 1)
        {
            return;
        }

        var turn = Turns().WaitAsync(CancellationToken.None);
        try
        {
            await turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = PassOnAsync(turn); // its turn still comes, and goes to the next
            throw;
        }
    }

    private async Task PassOnAsync(Task turn)
    {
        await turn;
        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _senders) > 0)
        {
            Turns().Release();
        }
    }

    private SemaphoreSlim Turns() => _turns ?? Interlocked.CompareExchange(ref _turns, new SemaphoreSlim(0), null) ?? _turns;
}
