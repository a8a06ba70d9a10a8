namespace Channels.SocketIO;

/// <summary>What waits for a session's application; messages may come over two transports while one takes over from the other.</summary>
/// <param name="options">The limits.</param>
/// <param name="memory">By whom it is counted.</param>
internal sealed class SessionInbound(EngineIOOptions options, MemoryHolder memory) : PacedEventQueue(first: null, options.MaxInboundMessageCount, options.MaxInboundBytes)
{
    /// <inheritdoc/>
    protected override MemoryHolder? Memory => memory;

    /// <summary>The session has ended.</summary>
    public void Close(string reason, bool discard)
    {
        End(new EngineIODisconnect(reason), discard);
        Close();
    }

    /// <summary>What has not been taken is dropped.</summary>
    public void Drop() => DropWaiting();
}
