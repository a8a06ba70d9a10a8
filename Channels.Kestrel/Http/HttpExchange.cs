using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// One request and its response between the server and an application. Each request gets an exchange of its own: an
/// application that keeps <see cref="Receive"/> or <see cref="ResponseSender.Send"/> too long finds a closed exchange, never the
/// connection's next request.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Abandon, with which every exchange ends, releases what must be.")]
internal sealed class HttpExchange : ServerExchange
{
    private readonly CancellationToken _aborted;       // the client has gone
    private readonly HeadEnd? _headEnd; // of a HEAD request: its response may end before its application
    private RequestBody? _body; // made when something is received
    private RequestMemory? _held; // made when there is something to count
    private volatile LongRequest? _long; // made when the request is found to last
    private int _receiving;
    private volatile bool _over, _handedOver, _refusedForStop, _cut;

    public HttpExchange(IFeatureCollection features, IHttpRequestFeature request, HttpRuntime runtime, CancellationToken aborted)
    {
        _aborted = aborted;
        _headEnd = HttpMethods.IsHead(request.Method) ? new HeadEnd(runtime.Log, aborted) : null;
        Response = new ResponseSender(this, features, runtime);
        Receive = ReceiveAsync;
    }

    /// <inheritdoc/>
    public override RunningHandlers? Running => Response.Runtime.Running;

    /// <inheritdoc/>
    public override MemoryHolder? Memory
    {
        get
        {
            lock (this)
            {
                // An abandoned application may go on as long as it likes, and nobody would forget it again.
                return _over ? null : _held ??= new RequestMemory(Response.Runtime.Memory, this);
            }
        }
    }

    public Receive Receive { get; }

    public Send Send => Response.Send;

    public ResponseSender Response { get; }

    /// <summary>Fires when nobody waits for the application any more: the connection is gone, or the response to HEAD has its headers.</summary>
    public CancellationToken Aborted => _headEnd?.Token ?? _aborted;

    /// <summary>Whether the response may end before its application does.</summary>
    public bool IsHead => _headEnd is not null;

    /// <summary>The certificate of the client, if the connection is encrypted. While the request lasts.</summary>
    public ITlsConnectionFeature? Tls => Response.Features.Get<ITlsConnectionFeature>();

    /// <summary>The client's address, as far as it is known.</summary>
    public IPAddress? Client { get; set; }

    /// <summary>Whether the server itself has answered, to a probe that comes every few seconds.</summary>
    public bool IsProbe { get; set; }

    /// <summary>The limit that keeps the request from lasting any longer; null for none.</summary>
    public string? RefusedBy { get; private set; }

    /// <summary>Whether the application has heard that the server stops, or was kept from beginning an event stream by it.</summary>
    public bool KnowsOfStop => _refusedForStop || _long is { KnowsOfStop: true };

    /// <summary>Whether the exchange was ended, by the server or for good.</summary>
    public bool HasEnded => _over;

    /// <summary>Whether nothing more can be sent.</summary>
    public bool IsOver => _over || IsAborted || Response.IsComplete;

    /// <summary>Whether the connection is gone.</summary>
    public bool IsAborted => _cut || _aborted.IsCancellationRequested;

    /// <summary>Whether somebody reads the request and writes the response past this exchange.</summary>
    public bool IsHandedOver => _handedOver;

    /// <summary>Whether the server stops, and nobody but it ends the response now.</summary>
    public bool IsToEnd => !IsOver && !_handedOver && _long is { IsToEnd: true };

    /// <summary>How far the response has come, for a log line.</summary>
    public string State => _handedOver ? "handed over" : Response.State;

    /// <summary>What reading the body ended in: 413 or 400 when the client is to blame, 503 when memory was short; 0 otherwise.</summary>
    public int BodyFault => _body?.Fault ?? 0;

    /// <summary>
    /// Ends the exchange: later sends fail, receives yield the disconnect. Waits for a send that is under way, so that
    /// nothing touches the response afterwards.
    /// </summary>
    public async ValueTask EndAsync()
    {
        await Response.EnterAsync();

        Abandon();
        Response.Leave();
    }

    /// <summary>Reads on behind a response that did not wait for the body, where the client would lose the response otherwise. After <see cref="EndAsync"/>.</summary>
    public Task DrainAsync(TimeProvider time) => _handedOver || IsAborted || _receiving != 0 ? Task.CompletedTask : RequestDrain.RunAsync(Response.Features, _body, time);

    /// <summary>Lets a receive that waits for the request's body yield the disconnect.</summary>
    public void StopReading() => _body?.Stop();

    /// <summary>Ends the exchange without waiting; for an application that is abandoned after its connection was lost.</summary>
    public void Abandon()
    {
        lock (this)
        {
            _over = true; // nothing is held from here on
        }

        _held?.Forget();
        TellReceiver();
        _long?.End();
        _headEnd?.Dispose();
    }

    /// <summary>Memory is short: the body is read no further, and the answer is 503; a request that has its body, or that is being answered, is cut. Never after <see cref="Abandon"/>: the next request has the same features.</summary>
    public void EndForMemory()
    {
        if (Response.HasBegun || _body?.GiveUp() != true)
        {
            _cut = true; // the token hears of it later than a write that waits, which would seem to have succeeded
            Response.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        }
    }

    /// <summary>Gives the whole exchange away: nothing is received or sent here any more.</summary>
    /// <exception cref="InvalidOperationException">The application has begun to read the body or to answer.</exception>
    /// <exception cref="ConnectionClosedException">The exchange is over.</exception>
    public IFeatureCollection HandOver()
    {
        if (!Response.TryEnter())
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
            return Response.Features;
        }
        finally
        {
            Response.Leave();
        }
    }

    /// <summary>The response ends here, before its application does.</summary>
    public void EndEarly() => _over = true;

    /// <summary>The response is complete: whoever waits for that learns of it.</summary>
    public void Completed()
    {
        TellReceiver();
        if (Response.EndedEarly)
        {
            _headEnd?.Tell();
        }
    }

    /// <summary>The server stops, and the application was about to begin an event stream.</summary>
    public void RefuseForStop()
    {
        _over = _refusedForStop = true;
        TellReceiver();
    }

    /// <summary>The request lasts from here on.</summary>
    /// <returns>Null when the server has too many; it then answers in the application's place.</returns>
    public LongRequest? BeginToLast()
    {
        lock (this)
        {
            if (_long is not null || RefusedBy is not null)
            {
                return _long;
            }

            var request = new LongRequest(this, Response.Runtime, Client);
            RefusedBy = request.TryBegin();
            if (RefusedBy is null)
            {
                _long = request;
            }
        }

        if (RefusedBy is { } limit)
        {
            _over = true;
            Response.Runtime.Refusals.Add(limit);
            return null;
        }

        Interlocked.MemoryBarrier(); // as in TellReceiver
        if (_over)
        {
            _long?.End();
        }

        return _long;
    }

    /// <summary>What an application gets that goes on after it has given the exchange away.</summary>
    public static IllegalEventException HandedOver() => new("The exchange was handed over with its features; read the request and write the response through them.");

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

        var body = _body ??= new RequestBody(Response.Features, Response.Runtime.Options);
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
        if (BeginToLast() is not { } request)
        {
            return HttpDisconnect.Instance;
        }

        Interlocked.MemoryBarrier(); // as in TellReceiver: either this sees the end, or the end sees who waits for it
        return _over || Response.IsComplete ? HttpDisconnect.Instance : await request.WaitAsync(_aborted, cancellationToken);
    }

    // The caller has just marked the end.
    private void TellReceiver()
    {
        Interlocked.MemoryBarrier();
        _long?.Tell();
    }
}
