namespace Channels;

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
