namespace Channels;

/// <summary>
/// A layer whose broadcasts can leave the waking of their receivers to the caller, who may send more at once: several
/// messages then reach a receiver in one waking and leave its socket in one write.
/// </summary>
internal interface IWakeHoldingLayer
{
    /// <summary>How long receivers may be left asleep.</summary>
    static TimeSpan MostHeld => TimeSpan.FromMilliseconds(1);

    /// <summary>As <see cref="IChannelLayer.GroupSendAsync"/>; what is due by now is released first.</summary>
    /// <param name="group">The group.</param>
    /// <param name="message">The message.</param>
    /// <param name="held">The readers to be woken; the caller releases them soon.</param>
    void GroupSend(string group, ChannelMessage message, ref WakeWave? held);

    /// <summary>Whether readers have been left asleep for long enough.</summary>
    /// <param name="held">The readers.</param>
    bool IsDue(WakeWave held);
}
