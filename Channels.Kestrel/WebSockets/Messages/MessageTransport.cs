namespace Channels.Kestrel;

/// <summary>
/// Whole messages over the <see cref="System.Net.WebSockets.WebSocket"/> of a host that gives nothing lower: a test
/// server, or a server of somebody else's that we are mounted in.
/// </summary>
internal sealed class MessageTransport : WebSocketTransport
{
    public static readonly MessageTransport Instance = new();

    public override WebSocketInbound CreateInbound(WebSocketConnection connection) => new MessageInbound(connection);

    public override WebSocketOutbound CreateOutbound(WebSocketConnection connection, DeflateTerms? deflate) => new MessageOutbound(connection);

    public override async ValueTask AcceptAsync(WebSocketConnection connection, WebSocketAccept accept, DeflateTerms? deflate)
    {
        var socket = await connection.Request.AcceptSocketAsync(accept.Subprotocol, accept.Headers);
        ((MessageInbound)connection.Inbound).Attach(socket, accept.MaxMessageBytes);
        ((MessageOutbound)connection.Outbound).Attach(socket);
    }
}
