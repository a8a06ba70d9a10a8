namespace Channels.SocketIO;

/// <summary>
/// Thrown while a client connects to a namespace, by its consumer or by middleware around it, to keep the client out: it is
/// told the message and the data, and its connection stays.
/// </summary>
public sealed class SocketIORefusedException : Exception
{
    /// <summary>Makes the exception with the message <c>Not authorized</c>.</summary>
    public SocketIORefusedException()
        : this("Not authorized")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What the client is told.</param>
    public SocketIORefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What the client is told.</param>
    /// <param name="innerException">Why; the client is not told.</param>
    public SocketIORefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What the client is told.</param>
    /// <param name="content">What else it is told.</param>
    public SocketIORefusedException(string message, object? content)
        : base(message) => Content = content;

    /// <summary>What else the client is told (<c>data</c>); null for nothing.</summary>
    public object? Content { get; }
}
