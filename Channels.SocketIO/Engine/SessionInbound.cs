namespace Channels.SocketIO;

/// <summary>What waits for a session's application; messages may come over two transports while one takes over from the other.</summary>
/// <param name="options">The limits.</param>
internal sealed class SessionInbound(EngineIOOptions options) : PacedEventQueue(first: null, options.MaxInboundMessageCount, options.MaxInboundBytes)
{
    /// <summary>The session has ended.</summary>
    public void Close(string reason, bool discard)
    {
        End(new EngineIODisconnect(reason), discard);
        Close();
    }
}
