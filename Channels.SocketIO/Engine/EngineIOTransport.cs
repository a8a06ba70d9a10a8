namespace Channels.SocketIO;

/// <summary>What carries a session's packets.</summary>
public enum EngineIOTransport
{
    /// <summary>HTTP: the client asks with GET, and sends with POST.</summary>
    Polling,

    /// <summary>A WebSocket.</summary>
    WebSocket,
}
