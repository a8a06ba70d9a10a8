namespace Channels.Extending;

/// <summary>An application sent an event that is not legal in the connection's state: a bug in the application.</summary>
public sealed class IllegalEventException : InvalidOperationException
{
    /// <summary>Makes the exception with a message of its own.</summary>
    /// <param name="message">What was sent in which state, and what is legal there.</param>
    public IllegalEventException(string message)
        : base(message)
    {
    }

    /// <summary>Names the event, the state, and what is legal in it.</summary>
    /// <param name="message">The event.</param>
    /// <param name="state">The connection's state.</param>
    /// <param name="legal">The event types that are legal in this state.</param>
    public IllegalEventException(Event message, string state, params string[] legal)
        : base($"'{message?.Type}' is not legal while the connection is {state}; legal now: {(legal.Length == 0 ? "nothing" : string.Join(", ", legal))}.")
    {
    }

    /// <summary>
    /// Whether the event would have been legal before the application ended the exchange itself: among several tasks of one
    /// consumer it was only late.
    /// </summary>
    internal bool IsLate { get; init; }
}
