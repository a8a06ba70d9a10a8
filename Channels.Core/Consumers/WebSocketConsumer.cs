using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// Serves one WebSocket. Override what you need: <see cref="OnConnectAsync"/> accepts by default,
/// <see cref="OnTextAsync"/> and <see cref="OnBinaryAsync"/> get the messages, <see cref="OnDisconnectAsync"/> runs
/// exactly once, whatever ended the connection.
/// </summary>
/// <remarks>
/// While a handler runs for a layer message, sending the same text or object as every other consumer of that message
/// costs one encoding in all: the ready frame is kept with the message.
/// </remarks>
public abstract class WebSocketConsumer : Consumer
{
    private static readonly WebSocketAccept PlainAccept = new(); // nearly every handshake is accepted by this one

    private WebSocketDisconnect? _disconnect;
    private WebSocketClose? _close;
    private bool _connected;
    private bool _answered;
    private int _denying; // 1 while, and after, the handshake is refused with a response

    /// <summary>The facts about the connection.</summary>
    public new WebSocketScope Scope => (WebSocketScope)base.Scope; // ServedScopeType has made sure

    /// <inheritdoc/>
    protected sealed override string ServedScopeType => "websocket";

    /// <inheritdoc/>
    protected sealed override bool HasPeer => true;

    /// <summary>The peer asks to connect. Accept or refuse here or later. Default accepts.</summary>
    protected virtual ValueTask OnConnectAsync() => AcceptAsync();

    /// <summary>A message has come; the default hands it to <see cref="OnTextAsync"/> or <see cref="OnBinaryAsync"/>.</summary>
    /// <param name="message">The message.</param>
    protected virtual ValueTask OnReceiveAsync(WebSocketReceive message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.IsText ? OnTextAsync(message.GetText()) : OnBinaryAsync(message.Payload);
    }

    /// <summary>A text message has come. Default ignores it.</summary>
    /// <param name="text">The text.</param>
    protected virtual ValueTask OnTextAsync(string text) => ValueTask.CompletedTask;

    /// <summary>A binary message has come. Default ignores it.</summary>
    /// <param name="payload">The bytes; they may be kept.</param>
    protected virtual ValueTask OnBinaryAsync(ReadOnlyMemory<byte> payload) => ValueTask.CompletedTask;

    /// <summary>
    /// The connection has ended; the groups are left right after. Runs exactly once for each connection that got as far
    /// as <see cref="OnConnectAsync"/>, also after a refusal and after an error.
    /// </summary>
    /// <param name="disconnect">
    /// Code and reason; 1011 when one of the consumer's own handlers failed. A consumer that ended before the disconnect
    /// came sees the code it closed with itself, or 1006. Nothing can be sent any more.
    /// </param>
    protected virtual ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect) => ValueTask.CompletedTask;

    /// <summary>Completes the handshake.</summary>
    /// <param name="subprotocol">One of <see cref="WebSocketScope.Subprotocols"/>, or null.</param>
    /// <param name="headers">Further response headers, or null.</param>
    /// <exception cref="ConnectionClosedException">Another task of the consumer has refused the handshake or closed; need not be caught.</exception>
    protected ValueTask AcceptAsync(string? subprotocol = null, HeaderList? headers = null) => Volatile.Read(ref _denying) == 0
        ? SendAsync(subprotocol is null && headers is null ? PlainAccept : new WebSocketAccept(subprotocol, headers))
        : throw Denied();

    /// <summary>Refuses the handshake with an HTTP response.</summary>
    /// <param name="status">The status code. Default 403.</param>
    /// <param name="body">The body as text; empty for none.</param>
    /// <param name="headers">The headers; null for the content type of plain text.</param>
    /// <exception cref="ConnectionClosedException">Another task of the consumer has refused the handshake or closed; need not be caught.</exception>
    protected async ValueTask DenyAsync(int status = 403, string body = "", HeaderList? headers = null)
    {
        var payload = StrictUtf8.GetBytes(body);
        headers ??= payload.Length == 0 ? null : new HeaderList { { "content-type", "text/plain; charset=utf-8" } };
        if (Interlocked.Exchange(ref _denying, 1) != 0)
        {
            throw Denied();
        }

        try
        {
            await SendAsync(new WebSocketDenialStart(status, headers));
        }
        catch
        {
            Volatile.Write(ref _denying, 0); // nothing was sent: the handshake may still be answered
            throw;
        }

        await SendAsync(new WebSocketDenialBody(payload));
    }

    /// <summary>
    /// Closes the connection, or refuses the handshake with 403 when it is not accepted yet. The consumer ends when the
    /// disconnect has come back.
    /// </summary>
    /// <param name="code">The close code. Default 1000.</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    protected ValueTask CloseAsync(int code = 1000, string reason = "") => SendAsync(new WebSocketClose(code, reason));

    /// <summary>Sends a text message; an empty one is sent like any other.</summary>
    /// <param name="text">The text.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendTextAsync(string text, int? close = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (CurrentMessage is not { } shared)
        {
            return SendAsync(WebSocketSend.FromText(text), close);
        }

        return SendAsync(shared.Prepared.FindSend(text, null, WebSocketMessageKind.Text) ?? shared.Prepared.KeepSend(text, null, WebSocketSend.FromText(text)), close);
    }

    /// <summary>Sends bytes that are UTF-8 already as a text message.</summary>
    /// <param name="utf8">Valid UTF-8; must not change afterwards.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendTextAsync(ReadOnlyMemory<byte> utf8, int? close = null) => SendAsync(WebSocketSend.FromUtf8(utf8), close);

    /// <summary>Sends a binary message.</summary>
    /// <param name="payload">The bytes; must not change afterwards.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendBinaryAsync(ReadOnlyMemory<byte> payload, int? close = null) => SendAsync(WebSocketSend.FromBinary(payload), close);

    /// <summary>Sends an object as JSON in a text message.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="value">The object. While a layer message is handled, objects sent by several consumers must not change.</param>
    /// <param name="contract">Its JSON contract, usually from a source-generated context.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendJsonAsync<T>(T value, JsonTypeInfo<T> contract, int? close = null)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (CurrentMessage is not { } shared || value is null || typeof(T).IsValueType)
        {
            return SendAsync(Encode(value, contract), close);
        }

        return SendAsync(shared.Prepared.FindSend(value, contract, WebSocketMessageKind.Text) ?? shared.Prepared.KeepSend(value, contract, Encode(value, contract)), close);
    }

    /// <inheritdoc/>
    protected override ValueTask DispatchAsync(Event message) => message switch
    {
        WebSocketReceive receive => OnReceiveAsync(receive),
        WebSocketConnect => ConnectAsync(),
        WebSocketDisconnect disconnect => Disconnect(disconnect),
        _ => base.DispatchAsync(message),
    };

    /// <summary>Calls <see cref="OnDisconnectAsync"/>; an override must call the base.</summary>
    /// <param name="failed">True when one of the consumer's own handlers failed.</param>
    protected override ValueTask OnEndAsync(bool failed) => _connected
        ? OnDisconnectAsync(_disconnect ?? new WebSocketDisconnect(failed ? 1011 : _close?.Code ?? 1006, _close?.Reason ?? ""))
        : ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected sealed override bool EndsConnection(Event message) => message is WebSocketDisconnect;

    /// <summary>Messages made by <see cref="ChannelMessage.Forward"/>; an override calls the base for those.</summary>
    /// <param name="message">The message.</param>
    protected override Event? PassOn(ChannelMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Forwarded;
    }

    /// <inheritdoc/>
    protected override ValueTask CloseConnectionAsync(int code, string reason) => CloseAsync(code, reason);

    /// <summary>As the base; when the layer fails before the handshake is accepted, it is refused with 503 and <c>Retry-After</c>.</summary>
    /// <param name="message">The event being handled, or null.</param>
    /// <param name="error">The failure.</param>
    protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
    {
        if (!await base.OnErrorAsync(message, error))
        {
            return false;
        }

        if (!_answered)
        {
            await DenyAsync(503, LayerRefusal.Text, LayerRefusal.Headers());
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void OnSent(Event message)
    {
        _answered |= message is WebSocketAccept or WebSocketClose or WebSocketDenialStart;
        if (message is WebSocketClose close)
        {
            _close = close;
            IgnoreUntilEnd();
        }
        else if (message is WebSocketDenialBody { MoreBody: false })
        {
            IgnoreUntilEnd();
        }
    }

    private static ConnectionClosedException Denied() => new("The consumer has refused the handshake already.");

    private static WebSocketSend Encode<T>(T value, JsonTypeInfo<T> contract) => WebSocketSend.FromUtf8(JsonSerializer.SerializeToUtf8Bytes(value, contract));

    private ValueTask SendAsync(WebSocketSend message, int? close) => close is { } code ? SendAndCloseAsync(message, code) : SendAsync(message);

    private async ValueTask SendAndCloseAsync(WebSocketSend message, int close)
    {
        await SendAsync(message);
        await CloseAsync(close);
    }

    private ValueTask ConnectAsync()
    {
        _connected = true;
        return OnConnectAsync();
    }

    private ValueTask Disconnect(WebSocketDisconnect disconnect)
    {
        _disconnect = disconnect;
        Stop();
        return ValueTask.CompletedTask;
    }
}
