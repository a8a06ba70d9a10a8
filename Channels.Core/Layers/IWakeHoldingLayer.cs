namespace Channels;

/// <summary>
/// A layer whose broadcasts can leave the waking of their receivers to the caller, who may send more at once: several
/// messages then reach a receiver in one waking and leave its socket in one write.
/// </summary>
internal interface IWakeHoldingLayer
{
    /// <summary>As <see cref="IChannelLayer.GroupSendAsync"/>.</summary>
    /// <param name="group">The group.</param>
    /// <param name="message">The message.</param>
    /// <param name="held">The readers to be woken; the caller releases them soon.</param>
    void GroupSend(string group, ChannelMessage message, ref WakeWave? held);

    /// <summary>How long readers have been left asleep.</summary>
    /// <param name="held">The readers.</param>
    TimeSpan HeldFor(WakeWave held);

    /// <summary>Has what the holder holds released after a moment, should it not come to do so itself.</summary>
    /// <param name="holder">The holder.</param>
    void Watch(IWaveHolder holder);
}
