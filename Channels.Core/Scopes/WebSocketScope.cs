namespace Channels;

/// <summary>One WebSocket, from its handshake to its end (ASGI WebSocket scope).</summary>
public sealed record WebSocketScope : RequestScope
{
    /// <summary>Makes a scope with scheme <c>ws</c>.</summary>
    public WebSocketScope()
        : base("websocket") => Scheme = "ws";

    /// <summary>The subprotocols the peer offered, in its order of preference.</summary>
    public IReadOnlyList<string> Subprotocols { get; init; } = [];
}
