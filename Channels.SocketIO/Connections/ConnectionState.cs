namespace Channels.SocketIO;

/// <summary>How far a client is in one namespace.</summary>
internal enum ConnectionState
{
    Connecting,
    Connected,
    Ended,
}
