namespace Channels;

/// <summary>
/// What carries the layer is out of reach or did not answer in time. The layer recovers by itself; catch this to go on
/// without the message, or to try again later.
/// </summary>
public sealed class ChannelLayerUnavailableException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="alias">The layer's alias.</param>
    /// <param name="reason">What is wrong, and what to do about it.</param>
    /// <param name="outcomeUnknown">Whether the operation may have been carried out all the same.</param>
    /// <param name="innerException">The cause.</param>
    public ChannelLayerUnavailableException(string alias, string reason, bool outcomeUnknown = false, Exception? innerException = null)
        : base($"The channel layer '{alias}' is unavailable: {reason}", innerException) => OutcomeUnknown = outcomeUnknown;

    /// <summary>True when the operation was handed over before the answer failed to come: it may or may not have happened, at most once.</summary>
    public bool OutcomeUnknown { get; }
}
