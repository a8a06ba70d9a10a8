namespace Channels;

// What a wave takes in the sleeping reader's place.
public sealed partial class ChannelInbox
{
    /// <summary>
    /// Takes what is to be passed on unchanged from the front, up to the first message that is not. When nothing waits
    /// any more, the next message wakes the reader.
    /// </summary>
    /// <param name="now">The time by <see cref="Now"/>.</param>
    /// <param name="taken">Where the messages go.</param>
    /// <param name="isEmpty">Whether nothing waits any more.</param>
    /// <returns>How many were taken.</returns>
    internal int TakeForwards(long now, Span<InboxBacklog.Entry> taken, out bool isEmpty)
    {
        var (count, expired) = (0, 0);
        Enter();
        try
        {
            while (_backlog.Count > 0 && count < taken.Length)
            {
                if (_backlog.OldestExpiresAt <= now)
                {
                    _backlog.Dequeue();
                    expired++;
                    continue;
                }

                if (!_backlog.IsOldestForward)
                {
                    break;
                }

                taken[count++] = _backlog.Dequeue();
            }

            isEmpty = _backlog.Count == 0;
            _readerWaits |= isEmpty;
        }
        finally
        {
            Exit();
        }

        ReportExpired(expired);
        return count;
    }

    /// <summary>Gives messages back that were taken last, in the same order; the reader takes them again.</summary>
    /// <param name="taken">The messages.</param>
    internal void PutBack(ReadOnlySpan<InboxBacklog.Entry> taken)
    {
        Enter();
        for (var i = taken.Length - 1; i >= 0 && !_closed; i--)
        {
            _backlog.PutInFront(taken[i]);
        }

        Exit();
    }
}
