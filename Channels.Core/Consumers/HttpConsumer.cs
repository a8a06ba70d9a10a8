using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// Serves one HTTP request. Override <see cref="HandleAsync"/> to get the whole body, or
/// <see cref="OnRequestAsync"/> to read it in parts. The consumer lives until the response is complete or the client has
/// gone, so that a later layer message may answer: send the headers, or call <see cref="KeepOpen"/>, and return.
/// </summary>
/// <remarks>
/// While a handler runs nothing else is delivered; a handler that sends for long sees the client leave through
/// <see cref="Consumer.Aborted"/>, and its next send ends it. The methods that send may be called from any task: what comes
/// after the end of the response, because another task was faster, ends its sender without an error.
/// </remarks>
public abstract class HttpConsumer : Consumer
{
    private const int ServiceRestart = 1012; // as WebSockets are told

    private static readonly HttpRequest Opened = new(MoreBody: true);

    private HttpRequest? _part;
    private MemoryShare _held; // of the body, until the request ends
    private bool _handled;
    private bool _reading;
    private bool _keptOpen;
    private volatile bool _started;
    private bool _trailers;
    private int _answering; // 1 while, and after, a whole response is sent

    /// <summary>The facts about the request.</summary>
    public new HttpScope Scope => (HttpScope)base.Scope; // ServedScopeType has made sure

    /// <inheritdoc/>
    protected sealed override string ServedScopeType => "http";

    /// <inheritdoc/>
    protected sealed override bool HasPeer => true;

    /// <summary>The request begins with its headers: whether its body is wanted at all is for the consumer to say.</summary>
    protected sealed override Event OpeningEvent => Opened;

    /// <summary>Sends an event to the client: what <see cref="Respond"/> takes. Thread-safe.</summary>
    protected Send Send => field ??= (message, _) => SendAsync(message);

    /// <summary>
    /// The longest body, in bytes, that <see cref="HandleAsync"/> is given; a longer one is
    /// answered with 413. Default 1 MiB. 0 refuses every body, <see cref="long.MaxValue"/> leaves the limit to the server.
    /// </summary>
    protected virtual long MaxBodyBytes => 1024 * 1024;

    /// <summary>
    /// The headers of the request have come; its body is still the client's, which may wait to be asked for it
    /// (<c>Expect: 100-continue</c>): reading asks. The default reads it and calls <see cref="HandleAsync"/>.
    /// </summary>
    protected virtual async ValueTask OnRequestAsync()
    {
        if (await ReadWholeBodyAsync() is { } body)
        {
            await HandleAsync(body);
        }
        else
        {
            await RefuseBodyAsync($"The request body is longer than {MaxBodyBytes} bytes.");
        }
    }

    /// <summary>The request has come with its whole body.</summary>
    /// <param name="body">The body; may be kept.</param>
    /// <exception cref="NotSupportedException">Neither this method nor <see cref="OnRequestAsync"/> is overridden.</exception>
    protected virtual ValueTask HandleAsync(ReadOnlyMemory<byte> body) =>
        throw new NotSupportedException($"{GetType().Name} does not handle requests: override HandleAsync, or OnRequestAsync to read the body in parts.");

    /// <summary>
    /// The request is over: the response is complete, the client has gone, or a handler failed. Runs exactly once for
    /// each request; nothing can be sent any more. Default nothing.
    /// </summary>
    protected virtual ValueTask OnDisconnectAsync() => ValueTask.CompletedTask;

    /// <summary>Leaves the response to a later handler: <see cref="OnRequestAsync"/> may return without having begun it.</summary>
    protected void KeepOpen() => _keptOpen = true;

    /// <summary>Reads the request body part by part, as it arrives. Only within <see cref="OnRequestAsync"/>, and once.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="InvalidOperationException">Called elsewhere.</exception>
    /// <exception cref="ConnectionClosedException">The client has gone; need not be caught.</exception>
    protected async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBodyAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (!_reading)
            {
                throw new InvalidOperationException($"{GetType().Name} reads the request body outside OnRequestAsync(), or after its end.");
            }

            var part = _part ?? await ReceivePartAsync(cancellationToken);
            _part = null;
            _reading = part.MoreBody;
            if (!part.Body.IsEmpty)
            {
                yield return part.Body;
            }

            if (!part.MoreBody)
            {
                yield break;
            }
        }
    }

    /// <summary>Begins the response; <see cref="SendBodyAsync"/> must follow, also later.</summary>
    /// <param name="status">The status code. Default 200.</param>
    /// <param name="headers">The headers; null for none.</param>
    protected ValueTask SendHeadersAsync(int status = 200, HeaderList? headers = null) => SendAsync(new HttpResponseStart(status, headers));

    /// <summary>Sends a part of the response body.</summary>
    /// <param name="body">The bytes; must not change afterwards.</param>
    /// <param name="moreBody">True when further parts follow. Default false, which completes the response and ends the consumer.</param>
    protected ValueTask SendBodyAsync(ReadOnlyMemory<byte> body, bool moreBody = false) => SendAsync(new HttpResponseBody(body, moreBody));

    /// <summary>
    /// Sends a whole response. When several tasks of the consumer answer, such as a handler and a watch over its time, the first
    /// one does.
    /// </summary>
    /// <param name="status">The status code.</param>
    /// <param name="body">The body; empty for none.</param>
    /// <param name="headers">The headers; null for none.</param>
    /// <exception cref="ConnectionClosedException">A whole response has been sent already; need not be caught.</exception>
    protected async ValueTask SendResponseAsync(int status, ReadOnlyMemory<byte> body = default, HeaderList? headers = null)
    {
        if (Interlocked.Exchange(ref _answering, 1) != 0)
        {
            throw new ConnectionClosedException("The consumer has answered its request already.");
        }

        try
        {
            await SendHeadersAsync(status, headers);
        }
        catch
        {
            Volatile.Write(ref _answering, 0); // nothing was sent: an error may still be answered
            throw;
        }

        await SendBodyAsync(body);
    }

    /// <summary>Sends a whole response of plain text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="status">The status code. Default 200.</param>
    /// <param name="contentType">The content type. Default plain text.</param>
    protected ValueTask SendTextAsync(string text, int status = 200, string contentType = "text/plain; charset=utf-8") =>
        SendResponseAsync(status, StrictUtf8.GetBytes(text), ContentType(contentType));

    /// <summary>Sends an object as a whole JSON response.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="value">The object.</param>
    /// <param name="contract">Its JSON contract, usually from a source-generated context.</param>
    /// <param name="status">The status code. Default 200.</param>
    protected ValueTask SendJsonAsync<T>(T value, JsonTypeInfo<T> contract, int status = 200) =>
        SendResponseAsync(status, JsonSerializer.SerializeToUtf8Bytes(value, contract), ContentType("application/json"));

    /// <inheritdoc/>
    protected override ValueTask DispatchAsync(Event message) => message switch
    {
        HttpRequest request => _handled ? ValueTask.CompletedTask : RequestAsync(request), // the rest of a body nobody has read
        HttpDisconnect disconnect => DisconnectAsync(disconnect),
        _ => base.DispatchAsync(message),
    };

    /// <summary>Calls <see cref="OnDisconnectAsync"/>; an override must call the base.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected override ValueTask OnEndAsync(bool failed) => _handled ? OnDisconnectAsync() : ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected sealed override bool EndsConnection(Event message) => message is HttpDisconnect;

    /// <summary>
    /// Completes a response that has begun; one that has not is 204, so that a client that polls comes again. Also called when
    /// the server stops while the request waits for a later handler.
    /// </summary>
    /// <param name="code">Not used.</param>
    /// <param name="reason">Not used.</param>
    protected override ValueTask CloseConnectionAsync(int code, string reason) => _started ? SendBodyAsync(default) : SendResponseAsync(204);

    /// <summary>
    /// As the base; when the layer fails before the response has begun, it is 503 with <c>Retry-After</c>. A handler that
    /// leaves a begun response unfinished ends the request as a failure, unless it has called <see cref="KeepOpen"/>.
    /// </summary>
    /// <param name="message">The event being handled, or null.</param>
    /// <param name="error">The failure.</param>
    protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
    {
        if (!await base.OnErrorAsync(message, error) || (_started && !_keptOpen && message is HttpRequest))
        {
            return false;
        }

        if (!_started)
        {
            var headers = LayerRefusal.Headers();
            headers.Add("content-type", "text/plain; charset=utf-8");
            await SendResponseAsync(503, StrictUtf8.GetBytes(LayerRefusal.Text), headers);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void OnSent(Event message)
    {
        switch (message)
        {
            case HttpResponseStart start:
                _trailers = start.Trailers;
                _started = true;
                break;
            case HttpResponseBody { MoreBody: false } when !_trailers:
            case HttpResponseTrailers { MoreTrailers: false }:
                Stop();
                break;
        }
    }

    /// <summary>Whether the response has begun, or is left to a later handler.</summary>
    private protected bool IsAnswered => _started || _keptOpen;

    /// <summary>Refuses a body that is too long.</summary>
    private protected virtual ValueTask RefuseBodyAsync(string why) => SendTextAsync(why, 413);

    private static HeaderList ContentType(string value) => new() { { "content-type", value } };

    private async ValueTask RequestAsync(HttpRequest first)
    {
        (_handled, _reading, _part) = (true, true, first);
        try
        {
            await OnRequestAsync();
        }
        finally
        {
            (_reading, _part) = (false, null);
        }

        if (!IsAnswered && !IsStopped && !Aborted.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"{GetType().Name} has handled its request without a response: send one, or call KeepOpen() when a later handler answers.");
        }
    }

    private async ValueTask<HttpRequest> ReceivePartAsync(CancellationToken cancellationToken)
    {
        if (await ReceiveAsync(cancellationToken) is HttpRequest part)
        {
            return part;
        }

        Stop(); // that was the disconnect event
        throw new ConnectionClosedException("The client went away while its request body was read.");
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadWholeBodyAsync()
    {
        if (long.TryParse(Scope.Headers["content-length"], out var announced) && announced > MaxBodyBytes)
        {
            return null;
        }

        ReadOnlyMemory<byte> first = default;
        ArrayBufferWriter<byte>? joined = null;
        await foreach (var part in ReadBodyAsync())
        {
            if (part.Length > MaxBodyBytes - (joined?.WrittenCount ?? first.Length))
            {
                return null;
            }

            if (joined is null && first.IsEmpty)
            {
                first = part; // most bodies are one part: no copy
                _held.Set(first.Length, Scope);
                continue;
            }

            if (joined is null)
            {
                joined = new(first.Length + part.Length);
                joined.Write(first.Span);
            }

            joined.Write(part.Span);
            _held.Set(joined.Capacity, Scope);
        }

        return joined?.WrittenMemory ?? first;
    }

    private ValueTask DisconnectAsync(HttpDisconnect disconnect)
    {
        Stop();
        return disconnect.IsServerStopping ? CloseConnectionAsync(ServiceRestart, "") : ValueTask.CompletedTask;
    }
}
