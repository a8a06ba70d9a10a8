using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels.SocketRouter;

/// <summary>
/// Serves one WebSocket whose client sends requests and gets replies, as over HTTP: routes are methods with
/// <see cref="SocketRouteAttribute"/>, the protocol is described in the guide "The protocol of the socket router". Handlers run beside
/// the consumer's loop: one after the other, except those of parallel routes, so that heartbeats are answered and layer messages handled
/// while they are at work.
/// </summary>
/// <remarks>
/// A bad request gets a status and never ends the connection; many malformed ones in a row do. Fields that parallel routes or layer
/// messages share with other handlers need a lock.
/// </remarks>
#pragma warning disable CA1001 // ended by OnEndAsync, which runs for every consumer
public abstract class SocketRouterConsumer : WebSocketConsumer, IRequestPeer
{
    private const string Heartbeat = "PING";
    private const string Cancel = "$cancel";
    private const int Forbidden = 1008;

    private static readonly SocketRouterOptions Defaults = new();

    private SocketRouterOptions? _options;
    private TimeProvider? _time;
    private RequestRunner? _runner; // made by the first request
    private RequestRate? _rate;
    private IdleWatch? _idle;
    private int _malformed; // in a row

    /// <summary>The routes; generated for a class with <see cref="SocketRouteAttribute"/> methods.</summary>
    protected abstract SocketRoutes Routes { get; }

    SocketRouterOptions IRequestPeer.Options => Options;

    IServiceProvider IRequestPeer.Services => Scope.Services;

    CancellationToken IRequestPeer.Aborted => Aborted;

    private SocketRouterOptions Options => _options ??= Scope.Services.GetService<IOptions<SocketRouterOptions>>()?.Value ?? Defaults;

    private TimeProvider Time => _time ??= Scope.Services.GetService<TimeProvider>() ?? TimeProvider.System;

    /// <summary>
    /// Whether this client may use the router. One that may not is let in and closed with 1008, which clients take as final; a refused
    /// handshake they would repeat. Default true.
    /// </summary>
    protected virtual ValueTask<bool> MayConnectAsync() => new(true);

    /// <inheritdoc/>
    protected override async ValueTask OnConnectAsync()
    {
        var may = await MayConnectAsync();
        await AcceptAsync();
        if (!may)
        {
            await CloseAsync(Forbidden, "not allowed");
        }
    }

    /// <summary>Sends the client a message that is no reply. Thread-safe.</summary>
    /// <typeparam name="T">The payload's type; its contract stands where those of the routes do.</typeparam>
    /// <param name="route">What the client tells its messages apart by; not <c>PONG</c>.</param>
    /// <param name="payload">The payload.</param>
    /// <exception cref="ArgumentException">The route is empty, or the heartbeat's.</exception>
    /// <exception cref="InvalidOperationException">There is no JSON contract for the payload.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended; need not be caught.</exception>
    protected ValueTask PushAsync<T>(string route, T payload) => SendTextAsync(ReplyWriter.Push(SocketPush.RouteJson(route), SocketPush.PayloadJson(payload, Routes.Contracts)));

    /// <summary>Calls <see cref="WebSocketConsumer.OnDisconnectAsync"/> when no handler runs any more; an override must call the base.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected override async ValueTask OnEndAsync(bool failed)
    {
        _idle?.Dispose();
        if (_runner is { } runner)
        {
            await runner.DisposeAsync();
        }

        await base.OnEndAsync(failed);
    }

    /// <inheritdoc/>
    protected override void OnSent(Event message)
    {
        base.OnSent(message);
        if (message is WebSocketAccept && Options.IdleTimeout > TimeSpan.Zero)
        {
            _idle = new(Options.IdleTimeout, Time, () => CloseAsync(1001, "silent for too long"));
        }
    }

    /// <inheritdoc/>
    protected sealed override ValueTask OnReceiveAsync(WebSocketReceive message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _idle?.Note();
        if (!message.IsText)
        {
            return RefuseAsync(RequestId.Unknown, CallError.UnsupportedMediaType);
        }

        var isRequest = EnvelopeReader.TryRead(message.Payload, Options.MaxPayloadDepth, Routes.NameFinder, out var envelope);
        if (message.Payload.Length > Options.MaxRequestBytes)
        {
            return RefuseAsync(envelope, CallError.PayloadTooLarge);
        }

        if (!isRequest)
        {
            return RefuseMalformedAsync(envelope);
        }

        _malformed = 0;
        if (envelope.Route == Heartbeat)
        {
            return SendTextAsync(ReplyWriter.Pong(envelope.Id));
        }

        return TakeRate(out var retryAfter) ? StartAsync(envelope) : RefuseAsync(envelope, CallError.TooManyRequests, Bytes($$"""{"retryAfterMs":{{retryAfter}}}"""));
    }

    async ValueTask IRequestPeer.SendAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await SendTextAsync(frame);
        }
        catch (Exception error) when (error is ConnectionClosedException or IllegalEventException or OperationCanceledException)
        {
            // The client has gone, or is being told to go: nobody is left to answer.
        }
        catch (Exception error)
        {
            RouterFaults.Of(Scope.Services).SendFailed(GetType(), error); // of middleware around the connection; the loop will meet it, too
        }
    }

    private static ReadOnlyMemory<byte> Bytes(string json) => System.Text.Encoding.ASCII.GetBytes(json);

    private bool TakeRate(out int retryAfter)
    {
        retryAfter = 0;
        return Options.RequestsPerSecond == 0 || (_rate ??= new(Options.RequestsPerSecond, Options.RequestBurst, Time)).TryTake(out retryAfter);
    }

    private ValueTask StartAsync(in Envelope envelope)
    {
        var name = envelope.Route!; // a request has one
        if (name == Cancel)
        {
            return CancelAsync(envelope);
        }

        return Routes.Find(name) is not { } route ? RefuseAsync(envelope, CallError.RouteNotFound)
            : Runner.TryAdd(new SocketRequest(this, route, envelope) { Deadline = DeadlineOf(route, envelope.Control) }) ? ValueTask.CompletedTask
            : RefuseAsync(envelope, CallError.ServiceUnavailable);
    }

    private RequestRunner Runner => _runner ??= new(this, this, RouterFaults.Of(Scope.Services), Time);

    private long DeadlineOf(SocketRoute route, in ControlHeaders control)
    {
        var timeout = route.TimeoutMs > 0 ? route.TimeoutMs : Options.RequestTimeout.TotalMilliseconds;
        timeout = control.Timeout > 0 ? Math.Min(control.Timeout, timeout) : timeout;
        return Time.GetTimestamp() + (long)(timeout / 1_000 * Time.TimestampFrequency);
    }

    // At once, and not in order: what it cancels may stand before it.
    private async ValueTask CancelAsync(Envelope envelope)
    {
        var found = CancelRequest.TryRead(envelope.Payload, out var id) && _runner is { } runner && await runner.TryCancelAsync(id);
        await (found ? ReplyAsync(envelope.Id, envelope.Control, 200, default, default) : RefuseAsync(envelope, CallError.NotRunning));
    }

    private async ValueTask RefuseMalformedAsync(Envelope envelope)
    {
        await RefuseAsync(envelope, CallError.BadRequestFormat);
        if (++_malformed == Options.MaxMalformedRequests)
        {
            await CloseAsync(Forbidden, "malformed requests");
        }
    }

    private ValueTask RefuseAsync(RequestId id, CallError error) => ReplyAsync(id, default, CallErrors.StatusOf(error), CallErrors.PayloadOf(error), default);

    private ValueTask RefuseAsync(in Envelope envelope, CallError error, ReadOnlyMemory<byte> headers = default) =>
        ReplyAsync(envelope.Id, envelope.Control, CallErrors.StatusOf(error), CallErrors.PayloadOf(error), headers);

    private ValueTask ReplyAsync(RequestId id, in ControlHeaders control, int status, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> headers) => control.NoReply
        ? ValueTask.CompletedTask
        : SendTextAsync(ReplyWriter.Reply(headers.Span, payload.Span, id, status));
}
