namespace Channels.Kestrel;

/// <summary>
/// What carries WebSockets: the seam between the connection and the bytes. A transport completes the handshake and makes
/// the two ends of a connection; it has no state of its own.
/// </summary>
internal abstract class WebSocketTransport
{
    /// <summary>The way in of a connection, before the handshake is complete.</summary>
    public abstract WebSocketInbound CreateInbound(WebSocketConnection connection);

    /// <summary>The way out of a connection, before the handshake is complete.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="deflate">The compression that the client offers and the server agrees to; null for none.</param>
    public abstract WebSocketOutbound CreateOutbound(WebSocketConnection connection, DeflateTerms? deflate);

    /// <summary>Completes the handshake and joins both ends to the transport.</summary>
    public abstract ValueTask AcceptAsync(WebSocketConnection connection, WebSocketAccept accept, DeflateTerms? deflate);
}
