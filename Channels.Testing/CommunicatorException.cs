namespace Channels.Testing;

/// <summary>
/// The application did not do what the test expected: the message names what was expected and what came. Any test
/// framework reports it as a failed test.
/// </summary>
public sealed class CommunicatorException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was expected and what came.</param>
    public CommunicatorException(string message)
        : base(message)
    {
    }
}
