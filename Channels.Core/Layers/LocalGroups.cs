namespace Channels;

/// <summary>
/// The open inboxes of this process and the groups they are in: what a layer over a network fans out with after it has
/// decoded a message once. For implementations of layers. Thread-safe; broadcasting takes no lock.
/// </summary>
public sealed class LocalGroups
{
    private readonly GroupTable _table = new();
    private readonly WakeWave.Pool _waves = new();

    /// <summary>The groups that have members in this process; a moment's view.</summary>
    public IReadOnlyList<string> Groups => _table.GroupNames;

    /// <summary>Makes an inbox known under its name.</summary>
    /// <param name="inbox">The inbox.</param>
    /// <returns>False when the name is taken.</returns>
    public bool TryOpen(ChannelInbox inbox)
    {
        ArgumentNullException.ThrowIfNull(inbox);
        return _table.TryOpen(inbox);
    }

    /// <summary>Forgets an inbox and ends its memberships.</summary>
    /// <param name="inbox">The inbox.</param>
    public void Close(ChannelInbox inbox)
    {
        ArgumentNullException.ThrowIfNull(inbox);
        _table.Close(inbox);
    }

    /// <summary>The open inbox of that name, or null.</summary>
    /// <param name="channel">The channel's full name.</param>
    public ChannelInbox? FindInbox(string channel) => _table.FindInbox(channel);

    /// <summary>Whether the group has members in this process.</summary>
    /// <param name="group">The group.</param>
    public bool HasMembers(string group) => _table.Find(group) is not null;

    /// <summary>Makes an open inbox a member of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel's full name.</param>
    /// <returns>False when no inbox of that name is open.</returns>
    public bool TryAdd(string group, string channel) => _table.TryAddOpen(group, channel);

    /// <summary>Ends a membership; nothing happens when there is none.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel's full name.</param>
    public void Discard(string group, string channel) => _table.Discard(group, channel);

    /// <summary>The groups an open inbox is in.</summary>
    /// <param name="channel">The channel's full name.</param>
    public IReadOnlyList<string> GroupsOf(string channel) => _table.GroupsOf(channel);

    /// <summary>Posts one message instance to every member of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
    /// <param name="reached">How many members there were.</param>
    /// <returns>How many messages were lost because an inbox was full.</returns>
    public int Post(string group, ChannelMessage message, long expiresAt, out int reached)
    {
        reached = 0;
        var lost = 0;
        WakeWave? wave = null;
        if (_table.Find(group) is { } members)
        {
            foreach (var membership in members.Snapshot())
            {
                if (message.Except.Count > 0 && message.Except.Contains(membership.Member.Name))
                {
                    continue;
                }

                reached++;
                IInboxReader? sleeper = null;
                lost += membership.Inbox?.TryPost(message, expiresAt, out sleeper) is InboxPostResult.Full or InboxPostResult.PostedDroppingOldest ? 1 : 0;
                if (sleeper is not null)
                {
                    _waves.Add(ref wave, sleeper, now: 0); // it goes at once
                }
            }
        }

        WakeWave.Release(ref wave);

        return lost;
    }

    /// <summary>Posts one message instance to every open inbox.</summary>
    /// <param name="message">The message.</param>
    public void PostToAll(ChannelMessage message)
    {
        foreach (var inbox in _table.Inboxes)
        {
            inbox.TryPost(message);
        }
    }

    /// <summary>Ends all memberships and empties all inboxes; those stay open.</summary>
    public void Flush() => _table.Flush();
}
