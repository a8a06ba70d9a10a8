namespace Channels.Kestrel;

/// <summary>Our own frames over the pipes of an upgraded HTTP/1.1 connection or an HTTP/2 stream.</summary>
internal sealed class FrameTransport : WebSocketTransport
{
    public static readonly FrameTransport Instance = new();

    public override WebSocketInbound CreateInbound(WebSocketConnection connection) => new FrameInbound(connection);

    public override WebSocketOutbound CreateOutbound(WebSocketConnection connection, DeflateTerms? deflate) => new FrameOutbound(connection, deflate);

    public override async ValueTask AcceptAsync(WebSocketConnection connection, WebSocketAccept accept, DeflateTerms? deflate)
    {
        var (input, output) = await connection.Request.UpgradeAsync(accept.Subprotocol, deflate?.ToHeader(), accept.Headers);
        ((FrameInbound)connection.Inbound).Attach(input, deflate is null ? null : new MessageInflater(deflate.ClientKeepsWindow), accept.MaxMessageBytes);
        ((FrameOutbound)connection.Outbound).Attach(output);
    }
}
