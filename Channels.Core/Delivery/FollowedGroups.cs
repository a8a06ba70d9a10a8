namespace Channels;

/// <summary>
/// The groups whose history one consumer follows, and what its mailbox makes of their messages: the next one is taken,
/// one that was there before is dropped, and one that is too early says that the history must be read.
/// </summary>
/// <param name="channel">The consumer's channel.</param>
internal sealed class FollowedGroups(string channel)
{
    private GroupCursor[] _cursors = []; // replaced, never changed

    /// <summary>Whether the reader must look into a history.</summary>
    public bool NeedsReader => FindBehind() is not null;

    /// <summary>The first cursor whose reader must look into the history; null for none.</summary>
    public GroupCursor? FindBehind() => Array.Find(Volatile.Read(ref _cursors), static cursor => cursor.NeedsReader);

    /// <summary>Whether the group is followed from this place.</summary>
    public bool Has(GroupCursor cursor) => Array.IndexOf(Volatile.Read(ref _cursors), cursor) >= 0;

    /// <summary>How far the consumer has come; null when it does not follow the group.</summary>
    public GroupCursor? Find(string group)
    {
        foreach (var cursor in Volatile.Read(ref _cursors))
        {
            if (cursor.IsOf(group))
            {
                return cursor;
            }
        }

        return null;
    }

    /// <summary>Asks memory for the first cursor, which is the only one of most.</summary>
    public void Prefetch()
    {
        if (Volatile.Read(ref _cursors) is [var first, ..])
        {
            CacheHint.Fetch(first);
        }
    }

    /// <summary>Follows a group, from now on by this cursor. For any thread.</summary>
    public void Set(GroupCursor cursor) =>
        Replace(static (cursors, cursor) => [.. Array.FindAll(cursors, other => other.Group != cursor.Group), cursor], cursor);

    /// <summary>Follows a group no more. For any thread.</summary>
    public void Remove(string group) =>
        Replace(static (cursors, group) => Array.FindAll(cursors, cursor => cursor.Group != group), group);

    /// <summary>Whether the reader is to have the message. For the reader.</summary>
    public bool Admits(ChannelMessage message)
    {
        if (message.Stamp is not { } stamp || Find(stamp.Group) is not { } cursor)
        {
            return true; // an ordinary member gets everything as it comes
        }

        if (!cursor.IsNext(stamp.Position))
        {
            return false;
        }

        if (message.Except.Count > 0 && message.IsExcepted(channel))
        {
            cursor.Last = stamp.Position;
            return false;
        }

        return true;
    }

    /// <summary>The reader has the message that was admitted.</summary>
    public void Took(ChannelMessage message)
    {
        if (message.Stamp is { } stamp && Find(stamp.Group) is { } cursor)
        {
            cursor.Last = stamp.Position;
        }
    }

    /// <summary>The reader has it not, after all, and will get it again.</summary>
    public void Returned(ChannelMessage message)
    {
        if (message.Stamp is { } stamp && Find(stamp.Group) is { } cursor)
        {
            cursor.Last = stamp.Position with { Offset = stamp.Position.Offset - 1 };
        }
    }

    /// <summary>The reader will not get the message from the mailbox. For any thread.</summary>
    public void Lost(ChannelMessage message)
    {
        if (message.Stamp is { } stamp)
        {
            Find(stamp.Group)?.Doubt();
        }
    }

    private void Replace<TState>(Func<GroupCursor[], TState, GroupCursor[]> change, TState state)
    {
        GroupCursor[] cursors;
        do
        {
            cursors = Volatile.Read(ref _cursors);
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref _cursors, change(cursors, state), cursors), cursors));
    }
}
