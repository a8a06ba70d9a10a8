namespace Channels;

/// <summary>
/// The first event of a WebSocket: the peer asked for the handshake and waits for <see cref="WebSocketAccept"/>,
/// <see cref="WebSocketClose"/> or a <see cref="WebSocketDenialStart"/> (ASGI <c>websocket.connect</c>).
/// </summary>
public sealed record WebSocketConnect() : Event("websocket.connect")
{
    /// <summary>The only instance anyone needs; the event has no content.</summary>
    public static WebSocketConnect Instance { get; } = new();
}
