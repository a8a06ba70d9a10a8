using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// Sends an application's response: one sender at a time, as long as its exchange lasts, and tells the exchange of the end.
/// Thread-safe.
/// </summary>
internal sealed class ResponseSender : ResponseWriter
{
    private readonly HttpExchange _exchange;

    public ResponseSender(HttpExchange exchange, IFeatureCollection features, HttpRuntime runtime)
        : base(features, runtime) => (_exchange, Send) = (exchange, SendAsync);

    public Send Send { get; }

    /// <summary>Ends an event stream behind what was sent last; nothing happens to another response. What is sent later finds nobody.</summary>
    public void CompleteEventStream()
    {
        if (IsEventStream && HasStarted)
        {
            _ = CompleteEventStreamAsync(); // the exchange's end waits for its turn behind it
        }
    }

    private async Task CompleteEventStreamAsync()
    {
        await EnterAsync();

        try
        {
            if (!_exchange.IsOver && !_exchange.IsHandedOver)
            {
                _exchange.EndEarly();
                await CompleteAsync();
            }
        }
        catch (Exception)
        {
            // Whatever a transport throws whose client has gone: the response ends either way.
            Runtime.Log.LostAtStop();
        }
        finally
        {
            Sent();
        }
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
        catch (Exception error) when (_exchange.IsAborted && error is not (ConnectionClosedException or IllegalEventException))
        {
            throw new ConnectionClosedException("The client went away while the response was written.", error);
        }
        finally
        {
            Sent();
        }

        if (_exchange.IsAborted)
        {
            // Kestrel drops what is written after an abort without a word.
            throw new ConnectionClosedException();
        }
    }

    private void Sent()
    {
        Leave();
        if (IsComplete)
        {
            _exchange.Completed();
        }
        else if (_exchange.IsToEnd)
        {
            CompleteEventStream(); // the stop came before there was anything to complete
        }
    }

    private ValueTask SendNow(Event message, CancellationToken cancellationToken)
    {
        try
        {
            return _exchange.HasEnded || _exchange.IsAborted ? throw new ConnectionClosedException()
                : _exchange.IsHandedOver ? throw HttpExchange.HandedOver()
                : _exchange.BodyFault != 0 && !HasStarted ? throw new ConnectionClosedException("The request body was malformed or too long, or there is no memory for it; the server answers it.")
                : message is HttpResponseStart ? SendStart(message, cancellationToken)
                : WriteAsync(message, cancellationToken);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    private ValueTask SendStart(Event start, CancellationToken cancellationToken)
    {
        var sending = WriteAsync(start, cancellationToken);
        if (!IsEventStream)
        {
            return sending;
        }

        if (_exchange.BeginToLast() is null)
        {
            throw new ConnectionClosedException("There are too many connections; the server refuses this one.");
        }

        if (Runtime.LongRequests.IsDraining)
        {
            _exchange.RefuseForStop();
            throw new ConnectionClosedException("The server is stopping; it begins no event stream any more.");
        }

        return sending;
    }
}
