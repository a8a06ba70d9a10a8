namespace Channels;

/// <summary>Completes the handshake; the WebSocket is open afterwards (ASGI <c>websocket.accept</c>).</summary>
/// <param name="Subprotocol">One of the protocols the peer offered, or null for none.</param>
/// <param name="Headers">
/// Further response headers, or null. <c>sec-websocket-*</c>, <c>connection</c>, <c>upgrade</c>, <c>content-length</c> and
/// <c>transfer-encoding</c> belong to the server.
/// </param>
public sealed record WebSocketAccept(string? Subprotocol = null, HeaderList? Headers = null) : Event("websocket.accept");
