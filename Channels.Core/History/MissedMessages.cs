using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// What one consumer lacks of the groups that it follows, read from their history page by page while the consumer takes it:
/// however much it is, one page is held. For the consumer's loop.
/// </summary>
/// <param name="history">The history of the layer's groups.</param>
/// <param name="mailbox">The consumer's.</param>
/// <param name="onAway">Called when the history cannot be read for now.</param>
internal sealed class MissedMessages(IGroupHistory history, Mailbox mailbox, Action<ChannelLayerUnavailableException> onAway)
{
    /// <summary>How many messages are read at a time.</summary>
    public const int PageSize = 100;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly FollowedGroups _followed = mailbox.Follow();
    private GroupCursor? _cursor; // the one that is caught up; null for none
    private IReadOnlyList<ChannelMessage> _page = [];
    private int _next;
    private Task<HistoryPage>? _reading;
    private ITimer? _retry;
    private bool _waits; // to try again, until there is a reason to

    /// <summary>The history of the layer's groups.</summary>
    public IGroupHistory History => history;

    /// <summary>The groups that the consumer follows.</summary>
    public FollowedGroups Followed => _followed;

    /// <summary>Finds where a consumer that joins a group begins. For any thread.</summary>
    /// <param name="cursor">Follows the group already, and lets nothing through yet.</param>
    /// <param name="since">The last message that its client has; null for none of the past.</param>
    public async ValueTask<HistoryPage> BeginAsync(GroupCursor cursor, HistoryPosition? since)
    {
        var page = await history.ReadAsync(cursor.Group, since ?? HistoryPosition.Oldest, since is null ? 0 : PageSize);
        if (page.HasMore)
        {
            cursor.Doubt();
        }

        cursor.Begin(page.Messages.Count > 0 ? since!.Value : page.Newest, page.Messages); // there are only messages if they were asked for
        mailbox.Wake();
        return page;
    }

    /// <summary>Takes the next message that the consumer lacks, or the news that some are gone; false when there is none yet.</summary>
    public bool TryTake([NotNullWhen(true)] out Event? message)
    {
        while (TryContinue(out message))
        {
            if (message is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The consumer has ended.</summary>
    public void End() => _retry?.Dispose();

    // One step; false when nothing can be done for now.
    private bool TryContinue(out Event? message)
    {
        message = null;
        if (_reading is { IsCompleted: false } || (_waits && _cursor is { IsInDoubt: false }))
        {
            return false;
        }

        _waits = false;
        if (_cursor is not { } cursor || !_followed.Has(cursor))
        {
            (_cursor, _reading) = (_followed.FindBehind(), null);
            (_page, _next) = (_cursor?.CatchUp() ?? [], 0);
            return _cursor is not null;
        }

        if (_reading is { } read)
        {
            _reading = null;
            message = Open(read, cursor);
        }
        else if (_next < _page.Count)
        {
            message = Take(_page[_next++], cursor);
        }
        else if (cursor.TryGoLive())
        {
            (_cursor, _page, _next) = (null, [], 0);
        }
        else
        {
            Read(cursor);
        }

        return true;
    }

    private ChannelMessage? Take(ChannelMessage message, GroupCursor cursor)
    {
        var position = message.Stamp!.Position; // what a history gives has one
        if (position.Epoch == cursor.Last.Epoch && position.Offset <= cursor.Last.Offset)
        {
            return null;
        }

        cursor.Take(position);
        return message.IsExcepted(mailbox.Name) ? null : message;
    }

    private void Read(GroupCursor cursor)
    {
        cursor.BeginReading();
        (_page, _next) = ([], 0);
        _reading = ReadAsync(cursor);
        if (!_reading.IsCompleted)
        {
            _reading.GetAwaiter().UnsafeOnCompleted(mailbox.Wake);
        }
    }

    private async Task<HistoryPage> ReadAsync(GroupCursor cursor) => await history.ReadAsync(cursor.Group, cursor.Last, PageSize);

    // What was read becomes the page, unless it says something else.
    private HistoryGone? Open(Task<HistoryPage> read, GroupCursor cursor)
    {
        HistoryPage page;
        try
        {
            page = read.GetAwaiter().GetResult(); // it is completed
        }
        catch (ChannelLayerUnavailableException error)
        {
            onAway(error);
            _waits = true; // for the time to try again, or whoever knows that the history is back and doubts the cursor
            _retry?.Dispose();
            _retry = mailbox.Settings.Time.CreateTimer(static missed => ((MissedMessages)missed!).Retry(), this, RetryAfter, Timeout.InfiniteTimeSpan);
            return null;
        }

        if (page.Gone)
        {
            cursor.MoveTo(HistoryPosition.Oldest); // what is still kept follows
            cursor.Doubt();
            return new HistoryGone(cursor.Group);
        }

        if (page.HasMore)
        {
            cursor.Doubt();
        }
        else if (page.Messages.Count == 0)
        {
            cursor.Take(page.Newest);
        }

        _page = page.Messages;
        return null;
    }

    private void Retry()
    {
        _cursor?.Doubt();
        mailbox.Wake();
    }
}
