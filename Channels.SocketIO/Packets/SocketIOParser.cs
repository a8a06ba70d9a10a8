namespace Channels.SocketIO;

/// <summary>How packets are written on the wire; client and server must use the same.</summary>
public enum SocketIOParser
{
    /// <summary>JSON, with bytes as attachments: what clients use unless told otherwise.</summary>
    Json,

    /// <summary>One MessagePack map for each packet, as <c>socket.io-msgpack-parser</c> writes it.</summary>
    MessagePack,
}
