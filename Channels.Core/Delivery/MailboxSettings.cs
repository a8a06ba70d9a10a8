namespace Channels;

/// <summary>What the mailboxes of one layer with the same capacity share.</summary>
/// <param name="Capacity">How many unread messages one holds; 0 or less means no limit.</param>
/// <param name="FullMode">What happens to one message more.</param>
/// <param name="Time">The clock that expiry is judged by.</param>
/// <param name="OnExpired">Called for each message that expired unread; null for nobody.</param>
/// <param name="OnClose">Called once when an inbox is disposed: leave groups, forget the name. Null for nobody.</param>
/// <param name="OnUnread">Called for each message that waits unread, and has not expired, when the mailbox is closed; null for nobody.</param>
/// <param name="Bursts">What the layer's broadcasts are held back by; null when nothing broadcasts.</param>
internal sealed record MailboxSettings(
    int Capacity,
    InboxFullMode FullMode,
    TimeProvider Time,
    Action? OnExpired = null,
    Func<ChannelInbox, ValueTask>? OnClose = null,
    Action<ChannelMessage>? OnUnread = null,
    Bursts? Bursts = null)
{
    /// <summary>For a consumer without a layer: nothing is ever posted.</summary>
    public static MailboxSettings WithoutLayer { get; } = new(0, InboxFullMode.Refuse, TimeProvider.System);

    /// <summary>Tells what a mailbox that was closed has left. Never throws.</summary>
    public void ReportUnread(MailboxQueue unread)
    {
        if (unread.Count == 0 || OnUnread is null)
        {
            return; // nearly always
        }

        var now = Time.GetTimestamp();
        while (unread.Count > 0)
        {
            var entry = unread.Dequeue();
            if (entry.ExpiresAt > now)
            {
                Guarded.Run(OnUnread, entry.Message);
            }
        }
    }
}
