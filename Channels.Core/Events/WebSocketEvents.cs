using System.Text;

namespace Channels;

/// <summary>Whether a WebSocket message carries text or bytes (RFC 6455, section 5.6).</summary>
public enum WebSocketMessageKind
{
    /// <summary>UTF-8 text, opcode 1.</summary>
    Text = 1,

    /// <summary>Bytes without further meaning, opcode 2.</summary>
    Binary = 2,
}

/// <summary>
/// The first event of a WebSocket: the peer asked for the handshake and waits for <see cref="WebSocketAccept"/>,
/// <see cref="WebSocketClose"/> or a <see cref="WebSocketDenialStart"/> (ASGI <c>websocket.connect</c>).
/// </summary>
public sealed record WebSocketConnect() : Event("websocket.connect")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static WebSocketConnect Instance { get; } = new();
}

/// <summary>One complete message from the peer; fragments have been joined (ASGI <c>websocket.receive</c>).</summary>
/// <param name="Kind">Whether the peer sent a text or a binary message.</param>
/// <param name="Payload">
/// The message's bytes; valid UTF-8 when <paramref name="Kind"/> is <see cref="WebSocketMessageKind.Text"/>. The event
/// owns them: they are never reused, so they may be kept.
/// </param>
public sealed record WebSocketReceive(WebSocketMessageKind Kind, ReadOnlyMemory<byte> Payload) : Event("websocket.receive")
{
    /// <summary>True for a text message.</summary>
    public bool IsText => Kind == WebSocketMessageKind.Text;

    /// <summary>Makes the event for a text message.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="EncoderFallbackException"><paramref name="text"/> holds a lone surrogate.</exception>
    public static WebSocketReceive FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new WebSocketReceive(WebSocketMessageKind.Text, StrictUtf8.GetBytes(text));
    }

    /// <summary>Makes the event for a binary message.</summary>
    /// <param name="payload">The bytes; the caller hands them over.</param>
    public static WebSocketReceive FromBinary(ReadOnlyMemory<byte> payload) => new(WebSocketMessageKind.Binary, payload);

    /// <summary>Decodes the payload as UTF-8. A new string is made at each call.</summary>
    /// <exception cref="InvalidOperationException">The message is binary.</exception>
    public string GetText() => IsText
        ? Encoding.UTF8.GetString(Payload.Span)
        : throw new InvalidOperationException("The WebSocket message is binary; read Payload, or check IsText first.");
}

/// <summary>
/// The last event of a WebSocket, delivered exactly once: the peer closed, the server closed, or the connection was
/// lost (ASGI <c>websocket.disconnect</c>).
/// </summary>
/// <param name="Code">
/// The close code: the peer's own, 1005 when its close frame had none, 1006 when the connection was lost or the
/// handshake refused, else the code the server sent (RFC 6455, section 7.4).
/// </param>
/// <param name="Reason">The close reason; empty when there was none. Written by the peer: treat as hostile text.</param>
public sealed record WebSocketDisconnect(int Code, string Reason = "") : Event("websocket.disconnect");

/// <summary>Completes the handshake; the WebSocket is open afterwards (ASGI <c>websocket.accept</c>).</summary>
/// <param name="Subprotocol">One of the protocols the peer offered, or null for none.</param>
/// <param name="Headers">
/// Further response headers, or null. <c>sec-websocket-*</c>, <c>connection</c>, <c>upgrade</c>, <c>content-length</c> and
/// <c>transfer-encoding</c> belong to the server.
/// </param>
public sealed record WebSocketAccept(string? Subprotocol = null, HeaderList? Headers = null) : Event("websocket.accept")
{
    /// <summary>
    /// The longest message accepted on this connection, in bytes after inflation; a longer one closes with 1009 before it is
    /// all in memory. It can only lower the server's own limit. Null, the default, for that limit.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public long? MaxMessageBytes
    {
        get;
        init => field = value is < 1 ? throw new ArgumentOutOfRangeException(nameof(value), value, "A message may have 1 byte at least.") : value;
    }

    /// <summary>
    /// True for an application whose protocol has a heartbeat of its own, which notices a peer that is gone: the server sends
    /// no pings on this connection, so that an idle one costs one heartbeat and not two. Default false.
    /// </summary>
    public bool HasHeartbeat { get; init; }
}

/// <summary>
/// Closes an open WebSocket with a close frame; before <see cref="WebSocketAccept"/> it refuses the handshake with
/// status 403, and code and reason are lost (ASGI <c>websocket.close</c>).
/// </summary>
/// <param name="Code">
/// 1000–1003, 1007–1014 or 3000–4999; the server refuses others (RFC 6455, section 7.4). Default 1000, normal closure.
/// </param>
/// <param name="Reason">At most 123 bytes of UTF-8 for the peer; empty for none.</param>
public sealed record WebSocketClose(int Code = 1000, string Reason = "") : Event("websocket.close");

/// <summary>
/// Refuses the handshake with an HTTP response of the application's choice, in place of <see cref="WebSocketAccept"/>.
/// Exactly one run of <see cref="WebSocketDenialBody"/> must follow (ASGI extension <c>websocket.http.response</c>).
/// </summary>
/// <param name="Status">The status code, 200–599; others are an error, and the peer gets 500.</param>
/// <param name="Headers">
/// The response headers, or null for none. Those about the connection, such as <c>transfer-encoding</c>, belong to the
/// server; a <c>content-length</c> must fit the body.
/// </param>
public sealed record WebSocketDenialStart(int Status, HeaderList? Headers = null) : Event("websocket.http.response.start");

/// <summary>A part of the body of a refused handshake (ASGI extension <c>websocket.http.response</c>).</summary>
/// <param name="Body">The bytes; may be empty.</param>
/// <param name="MoreBody">True when further parts follow. Default false.</param>
public sealed record WebSocketDenialBody(ReadOnlyMemory<byte> Body = default, bool MoreBody = false)
    : Event("websocket.http.response.body");
