namespace Channels.Kestrel;

/// <summary>Why a handshake is answered with a plain HTTP response instead of a WebSocket.</summary>
/// <param name="Status">The response's status.</param>
/// <param name="Text">The body: plain text, nothing the peer has sent.</param>
internal sealed record HandshakeRefusal(int Status, string Text)
{
    public static readonly HandshakeRefusal BadMethod = new(405, "A WebSocket handshake uses GET.\n");
    public static readonly HandshakeRefusal BadHttpVersion = new(400, "A WebSocket handshake needs HTTP/1.1 or HTTP/2.\n");
    public static readonly HandshakeRefusal BadKey = new(400, "Sec-WebSocket-Key must be sent once and hold 16 bytes in base64.\n");
    public static readonly HandshakeRefusal BadVersion = new(426, "Only version 13 of the WebSocket protocol is spoken here.\n");
    public static readonly HandshakeRefusal RepeatedHeader = new(400, "A header that may stand once was repeated.\n");
    public static readonly HandshakeRefusal BadSubprotocols = new(400, "Sec-WebSocket-Protocol must be a list of tokens.\n");
    public static readonly HandshakeRefusal NotUpgradable = new(400, "This request cannot become a WebSocket.\n");
    public static readonly HandshakeRefusal UnknownProtocol = new(501, "Only the websocket protocol is spoken here.\n");
    public static readonly HandshakeRefusal ForeignOrigin = new(403, "This origin may not connect.\n");
    public static readonly HandshakeRefusal Denied = new(403, "");
    public static readonly HandshakeRefusal NoSuchPlace = new(404, "Not found.\n");
    public static readonly HandshakeRefusal Failed = new(500, "Internal server error.\n");
    public static readonly HandshakeRefusal TimedOut = new(503, "The application did not answer in time.\n");
    public static readonly HandshakeRefusal Stopping = new(503, "The server is stopping.\n");
}
