namespace Channels.SocketIO;

/// <summary>Puts the packets of one client together from the messages of its session. For one task at a time.</summary>
internal abstract class PacketReader
{
    /// <summary>Takes the next message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="packet">The packet, when it is whole.</param>
    public abstract ReadOutcome Read(EngineIOMessage message, out ReceivedPacket packet);

    // The client's own events of these names mean something else to it (socket.io-client, "RESERVED_EVENTS").
    public static bool IsReserved(string name) => name is "connect" or "connect_error" or "disconnect" or "disconnecting" or "newListener" or "removeListener";
}
