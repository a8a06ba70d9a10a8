using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// The groups whose history one consumer follows, and what its mailbox makes of their messages: the next one is taken,
/// one that was there before is dropped, and one that is too early says that the history must be read.
/// </summary>
/// <param name="channel">The consumer's channel.</param>
internal sealed class FollowedGroups(string channel)
{
    // Most consumers follow one or two groups, which a chain finds as fast; above this a dictionary.
    private const int LongestChain = 8;

    // The GroupCursor that was set last, the others behind it, or a dictionary, never a chain again. Changed under the lock of this
    // object; a chain and not a list of its own, because a broadcast looks here for each member, whose objects are not in the
    // processor's caches.
    private object? _cursors;
    private int _chained;
    private GroupCursor? _reported; // the last one whose reader may have to look into its history, the others behind it

    /// <summary>Whether the reader must look into a history. For the reader, or a wave in its place.</summary>
    public bool NeedsReader => FindBehind() is not null;

    /// <summary>A cursor whose reader must look into the history; null for none. For the reader, or a wave in its place.</summary>
    public GroupCursor? FindBehind()
    {
        // Those that were reported, not all that there are. Only this method takes one off.
        while (Volatile.Read(ref _reported) is { } cursor)
        {
            if (IsBehind(cursor))
            {
                return cursor;
            }

            if (Interlocked.CompareExchange(ref _reported, cursor.NextReported, cursor) == cursor)
            {
                cursor.NextReported = null; // those below it may be of groups that were left
                cursor.EndReport();
                if (IsBehind(cursor))
                {
                    Report(cursor); // it was reported again just before
                }
            }
        }

        return null;
    }

    /// <summary>The reader of the cursor may have to look into the history. For any thread.</summary>
    public void Report(GroupCursor cursor)
    {
        if (!cursor.TryBeReported())
        {
            return;
        }

        GroupCursor? former;
        do
        {
            cursor.NextReported = former = Volatile.Read(ref _reported);
        }
        while (Interlocked.CompareExchange(ref _reported, cursor, former) != former);
    }

    /// <summary>Whether the group is followed from this place.</summary>
    public bool Has(GroupCursor cursor) => Find(cursor.Group) == cursor;

    /// <summary>How far the consumer has come; null when it does not follow the group.</summary>
    public GroupCursor? Find(string group)
    {
        var cursors = Volatile.Read(ref _cursors);
        if (cursors is ConcurrentDictionary<string, GroupCursor> many)
        {
            return many.GetValueOrDefault(group);
        }

        var cursor = (GroupCursor?)cursors;
        while (cursor is not null && !cursor.IsOf(group))
        {
            cursor = cursor.Next;
        }

        return cursor;
    }

    /// <summary>Asks memory for the first cursor, which is the only one of most.</summary>
    public void Prefetch() => CacheHint.Fetch(Volatile.Read(ref _cursors));

    /// <summary>Follows a group, from now on by this cursor, which is new. For any thread.</summary>
    public void Set(GroupCursor cursor)
    {
        lock (this)
        {
            cursor.Owner = this;
            if (_cursors is ConcurrentDictionary<string, GroupCursor> many)
            {
                many[cursor.Group] = cursor;
                return;
            }

            cursor.Next = (GroupCursor?)_cursors;
            Volatile.Write(ref _cursors, cursor);
            if (!RemoveBehind(cursor, cursor.Group) && ++_chained > LongestChain) // the former one is not found any more, as the new one stands before it
            {
                Volatile.Write(ref _cursors, InDictionary(cursor)); // whoever stands on the chain still finds all that were in it
            }
        }
    }

    /// <summary>Follows a group no more. For any thread.</summary>
    public void Remove(string group)
    {
        lock (this)
        {
            if (_cursors is ConcurrentDictionary<string, GroupCursor> many)
            {
                many.TryRemove(group, out _);
            }
            else if (_cursors is GroupCursor first && first.Group == group)
            {
                Volatile.Write<object?>(ref _cursors, first.Next);
                _chained--;
            }
            else if (_cursors is GroupCursor other && RemoveBehind(other, group))
            {
                _chained--;
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

    private bool IsBehind(GroupCursor cursor) => cursor.NeedsReader && Has(cursor);

    // Who stands on the one that goes still finds those behind it.
    private static bool RemoveBehind(GroupCursor cursor, string group)
    {
        while (cursor.Next is { } next)
        {
            if (next.Group == group)
            {
                cursor.Next = next.Next;
                return true;
            }

            cursor = next;
        }

        return false;
    }

    private static ConcurrentDictionary<string, GroupCursor> InDictionary(GroupCursor first)
    {
        var many = new ConcurrentDictionary<string, GroupCursor>(concurrencyLevel: 1, capacity: 2 * LongestChain, StringComparer.Ordinal); // one is written at a time
        for (var cursor = first; cursor is not null; cursor = cursor.Next)
        {
            many[cursor.Group] = cursor;
        }

        return many;
    }
}
