namespace Channels.SocketIO;

/// <summary>How packets are written on the wire. Server and clients must agree; nothing tells the one from the other.</summary>
public enum SocketIOParser
{
    /// <summary>Text with byte arrays behind it: what every client speaks unless told otherwise.</summary>
    Json,

    /// <summary>MessagePack, one binary message for each packet: what clients with <c>socket.io-msgpack-parser</c> speak. Shorter for numbers, and for byte arrays.</summary>
    MessagePack,
}
