namespace Channels.SocketIO;

/// <summary>The client has not acknowledged an event: in time, or at all because it has gone.</summary>
public sealed class AcknowledgementException : Exception
{
    /// <summary>Makes the exception.</summary>
    public AcknowledgementException()
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What has happened.</param>
    public AcknowledgementException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What has happened.</param>
    /// <param name="innerException">Why.</param>
    public AcknowledgementException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the time was over; otherwise the client has gone.</summary>
    public bool IsTimeout { get; internal init; }

    /// <summary>What others have answered, when the event went to several.</summary>
    public IReadOnlyList<SocketIOArguments> Answers { get; internal init; } = [];
}
