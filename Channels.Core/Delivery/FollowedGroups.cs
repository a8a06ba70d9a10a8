namespace Channels;

/// <summary>
/// The groups whose history one consumer follows, and what its mailbox makes of their messages: the next one is taken,
/// one that was there before is dropped, and one that is too early says that the history must be read.
/// </summary>
/// <param name="channel">The consumer's channel.</param>
internal sealed class FollowedGroups(string channel)
{
    // The last one that was set, the others behind it. Changed under the lock of this object; a chain and not a list of its own,
    // because a broadcast looks here for each member, whose objects are not in the processor's caches.
    private GroupCursor? _first;

    /// <summary>Whether the reader must look into a history.</summary>
    public bool NeedsReader => FindBehind() is not null;

    /// <summary>The first cursor whose reader must look into the history; null for none.</summary>
    public GroupCursor? FindBehind()
    {
        var cursor = Volatile.Read(ref _first);
        while (cursor is { NeedsReader: false })
        {
            cursor = cursor.Next;
        }

        return cursor;
    }

    /// <summary>Whether the group is followed from this place.</summary>
    public bool Has(GroupCursor cursor)
    {
        var other = Volatile.Read(ref _first);
        while (other is not null && other != cursor)
        {
            other = other.Next;
        }

        return other is not null;
    }

    /// <summary>How far the consumer has come; null when it does not follow the group.</summary>
    public GroupCursor? Find(string group)
    {
        var cursor = Volatile.Read(ref _first);
        while (cursor is not null && !cursor.IsOf(group))
        {
            cursor = cursor.Next;
        }

        return cursor;
    }

    /// <summary>Asks memory for the first cursor, which is the only one of most.</summary>
    public void Prefetch() => CacheHint.Fetch(Volatile.Read(ref _first));

    /// <summary>Follows a group, from now on by this cursor, which is new. For any thread.</summary>
    public void Set(GroupCursor cursor)
    {
        lock (this)
        {
            cursor.Next = _first;
            Volatile.Write(ref _first, cursor);
            RemoveBehind(cursor, cursor.Group); // it is not found any more, as the new one stands before it
        }
    }

    /// <summary>Follows a group no more. For any thread.</summary>
    public void Remove(string group)
    {
        lock (this)
        {
            if (_first is { } first && first.Group == group)
            {
                Volatile.Write(ref _first, first.Next);
            }
            else if (_first is not null)
            {
                RemoveBehind(_first, group);
            }
        }
    }

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
            cursor.Take(stamp.Position);
            return false;
        }

        return true;
    }

    /// <summary>The reader has the message that was admitted.</summary>
    public void Took(ChannelMessage message)
    {
        if (message.Stamp is { } stamp && Find(stamp.Group) is { } cursor)
        {
            cursor.Take(stamp.Position);
        }
    }

    /// <summary>The reader has it not, after all, and will get it again.</summary>
    public void Returned(ChannelMessage message)
    {
        if (message.Stamp is { } stamp && Find(stamp.Group) is { } cursor)
        {
            cursor.Take(stamp.Position with { Offset = stamp.Position.Offset - 1 });
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

    // Who stands on the one that goes still finds those behind it.
    private static void RemoveBehind(GroupCursor cursor, string group)
    {
        while (cursor.Next is { } next)
        {
            if (next.Group == group)
            {
                cursor.Next = next.Next;
                return;
            }

            cursor = next;
        }
    }
}
