namespace Channels.SocketIO;

/// <summary>What a packet is (Socket.IO protocol 5, "Packet types"); the numbers stand on the wire.</summary>
internal enum PacketType
{
    Connect = 0,
    Disconnect = 1,
    Event = 2,
    Acknowledgement = 3,
    ConnectError = 4,
    BinaryEvent = 5,
    BinaryAcknowledgement = 6,
}
