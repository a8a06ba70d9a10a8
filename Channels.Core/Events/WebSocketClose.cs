namespace Channels;

/// <summary>
/// Closes an open WebSocket with a close frame; before <see cref="WebSocketAccept"/> it refuses the handshake with
/// status 403, and code and reason are lost (ASGI <c>websocket.close</c>).
/// </summary>
/// <param name="Code">
/// 1000–1003, 1007–1014 or 3000–4999; the server refuses others (RFC 6455, section 7.4). Default 1000, normal closure.
/// </param>
/// <param name="Reason">At most 123 bytes of UTF-8 for the peer; empty for none.</param>
public sealed record WebSocketClose(int Code = 1000, string Reason = "") : Event("websocket.close");
