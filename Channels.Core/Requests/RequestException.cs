namespace Channels;

/// <summary>
/// A request has no answer: nobody has taken it up (<see cref="RequestUnansweredException"/>), its time was over
/// (<see cref="RequestTimedOutException"/>), or answering it failed (<see cref="RequestFailedException"/>).
/// </summary>
public abstract class RequestException : Exception
{
    private protected RequestException(string channel, string message)
        : base(message) => Channel = channel;

    /// <summary>The channel that was asked.</summary>
    public string Channel { get; }
}
