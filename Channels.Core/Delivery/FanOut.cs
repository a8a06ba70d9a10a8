namespace Channels;

/// <summary>
/// One message on its way to many mailboxes: posts it to each, and lets those whose reader sleeps be served in waves. The
/// one fan-out of all layers. Allocates nothing per receiver.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
/// <param name="waves">The layer's waves.</param>
/// <param name="burst">What holds the waking back; null to wake at once.</param>
/// <param name="now">The time.</param>
internal ref struct FanOut(ChannelMessage message, long expiresAt, Wave.Pool waves, Burst? burst, long now)
{
    private Wave? _wave = burst?.Take();
    private int _reached;
    private int _lost;

    /// <summary>What has become of the message so far.</summary>
    public readonly FanOutResult Result => new(_reached, _lost);

    public void Post(Mailbox mailbox)
    {
        Count(mailbox.Post(message, expiresAt, out var readerSleeps));
        if (readerSleeps)
        {
            waves.Add(ref _wave, mailbox, now);
        }
    }

    /// <summary>Posts to each, and completes.</summary>
    public FanOutResult PostTo(IEnumerable<Mailbox> mailboxes)
    {
        try
        {
            foreach (var mailbox in mailboxes)
            {
                Post(mailbox);
            }
        }
        finally
        {
            Complete(); // whatever happens, who was posted to must wake
        }

        return Result;
    }

    /// <summary>Notes a receiver that was reached in another way.</summary>
    public void Count(InboxPostResult result)
    {
        _reached++;
        if (result is InboxPostResult.Full or InboxPostResult.PostedDroppingOldest)
        {
            _lost++;
        }
    }

    /// <summary>Wakes the sleepers, or leaves that to the burst.</summary>
    public void Complete()
    {
        if (burst is null)
        {
            Wave.Release(ref _wave);
        }
        else
        {
            burst.Keep(_wave);
        }
    }
}
