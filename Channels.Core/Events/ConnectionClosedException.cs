namespace Channels;

/// <summary>
/// Something was sent to a connection that has ended. An application may catch it, or let it go: the server tolerates
/// it silently (ASGI specification, HTTP and WebSocket 2.4).
/// </summary>
public sealed class ConnectionClosedException : IOException
{
    /// <summary>Makes the exception.</summary>
    public ConnectionClosedException()
        : base("The connection has ended; nothing can be sent to it any more.")
    {
    }

    /// <summary>Makes the exception with a message of its own.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="inner">The cause, or null.</param>
    public ConnectionClosedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
