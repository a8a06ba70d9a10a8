namespace Channels.SocketIO;

/// <summary>What a packet is for; its number is the digit it begins with (Engine.IO protocol 4, "Packet encoding").</summary>
internal enum EnginePacketType
{
    Open = 0,
    Close = 1,
    Ping = 2,
    Pong = 3,
    Message = 4,
    Upgrade = 5,
    Noop = 6,
}
