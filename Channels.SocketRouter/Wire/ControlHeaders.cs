namespace Channels.SocketRouter;

/// <summary>The request headers that mean something to the router itself.</summary>
internal struct ControlHeaders
{
    public bool NoReply;

    public bool Stream;

    /// <summary>In milliseconds; 0 for none.</summary>
    public long Timeout;

    public string? IdempotencyKey;
}
