namespace Channels;

/// <summary>A message is larger than the layer or the connection allows; it was not sent.</summary>
public sealed class MessageTooLargeException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="length">The message's length in bytes.</param>
    /// <param name="limit">The limit in bytes.</param>
    /// <param name="option">The option that sets the limit.</param>
    public MessageTooLargeException(long length, long limit, string option)
        : base($"The message has {length} bytes; at most {limit} are allowed. Split it, or raise {option}.")
    {
    }
}
