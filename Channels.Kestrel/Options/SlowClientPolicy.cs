namespace Channels.Kestrel;

/// <summary>What happens when a client reads more slowly than it is sent to and its outbound queue is full.</summary>
public enum SlowClientPolicy
{
    /// <summary>
    /// Sending waits for room for <see cref="WebSocketServerOptions.SlowClientTimeout"/>; then the client is closed
    /// with 1013 (try again later).
    /// </summary>
    Close,

    /// <summary>The oldest unsent message is dropped and counted; sending never waits.</summary>
    DropOldest,

    /// <summary>The new message is dropped and counted; sending never waits.</summary>
    DropNewest,
}
