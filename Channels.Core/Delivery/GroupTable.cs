using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// All groups and their members. Groups share no lock: senders and joiners of one never wait for those of another.
/// </summary>
internal sealed class GroupTable
{
    private readonly ConcurrentDictionary<string, ChannelGroup> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, GroupMember> _members = new(StringComparer.Ordinal);

    /// <summary>The groups that have members; a moment's view.</summary>
    public string[] GroupNames => [.. _groups.Keys];

    public ChannelGroup? Find(string group) => _groups.GetValueOrDefault(group);

    /// <summary>The mailboxes of this process that are open; a moment's view.</summary>
    public IEnumerable<Mailbox> Mailboxes => _members.Select(member => member.Value.Mailbox).OfType<Mailbox>();

    /// <summary>The mailbox that holds the channel open, or null.</summary>
    public Mailbox? FindMailbox(string channel) => _members.TryGetValue(channel, out var member) ? member.Mailbox : null;

    /// <summary>Makes a mailbox known under its name; false when the name is taken.</summary>
    public bool TryOpen(Mailbox mailbox) => _members.TryAdd(mailbox.Name, new GroupMember(mailbox.Name, mailbox));

    /// <summary>Forgets a channel of this process and ends its memberships.</summary>
    public void Close(string channel)
    {
        if (_members.TryRemove(channel, out var member))
        {
            lock (member)
            {
                member.Gone = true;
                LeaveAll(member);
            }
        }
    }

    /// <summary>Adds a channel that nobody may hold open to a group, or refreshes its membership.</summary>
    /// <param name="group">The group.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="expiresAt">When the membership ends, unless the channel is held open.</param>
    public void Add(string group, string channel, long expiresAt)
    {
        // A member that is forgotten between the two steps refuses; the next look makes a new one.
        while (!TryAdd(group, _members.GetOrAdd(channel, static name => new GroupMember(name, null)), expiresAt))
        {
        }
    }

    /// <summary>Adds an open channel of this process to a group; false when none of that name is open.</summary>
    public bool TryAddOpen(string group, string channel) =>
        _members.TryGetValue(channel, out var member) && member.Mailbox is not null && TryAdd(group, member, long.MaxValue);

    /// <summary>Ends a membership; nothing happens when there is none.</summary>
    public void Discard(string group, string channel)
    {
        if (_members.TryGetValue(channel, out var member))
        {
            lock (member)
            {
                if (member.Find(group) is { } membership)
                {
                    Leave(member, membership);
                }
            }
        }
    }

    /// <summary>The groups a channel is in.</summary>
    public string[] GroupsOf(string channel) =>
        _members.TryGetValue(channel, out var member) ? Array.ConvertAll(MembershipsOf(member), membership => membership.Group.Name) : [];

    /// <summary>Ends a membership that has outlived its time, unless it was refreshed meanwhile.</summary>
    public void Expire(GroupMembership membership, long now)
    {
        lock (membership.Member)
        {
            if (!membership.Ended && membership.ExpiresAt <= now)
            {
                Leave(membership.Member, membership);
            }
        }
    }

    /// <summary>Ends every membership that has outlived its time.</summary>
    public void ExpireAll(long now)
    {
        foreach (var (_, member) in _members)
        {
            foreach (var membership in member.Mailbox is null ? MembershipsOf(member) : [])
            {
                Expire(membership, now);
            }
        }
    }

    /// <summary>Ends all memberships and empties all mailboxes; those stay open.</summary>
    public void Flush()
    {
        foreach (var (_, member) in _members)
        {
            lock (member)
            {
                LeaveAll(member);
            }

            member.Mailbox?.Clear();
        }
    }

    private static GroupMembership[] MembershipsOf(GroupMember member)
    {
        lock (member)
        {
            return member.ToArray();
        }
    }

    private bool TryAdd(string group, GroupMember member, long expiresAt)
    {
        lock (member)
        {
            if (member.Gone)
            {
                return false;
            }

            var ends = member.Mailbox is null ? expiresAt : long.MaxValue;
            if (member.Find(group) is { } membership)
            {
                membership.ExpiresAt = ends;
            }
            else
            {
                member.Add(Join(group, member, ends));
            }

            return true;
        }
    }

    private GroupMembership Join(string group, GroupMember member, long expiresAt)
    {
        GroupMembership? joined;
        while ((joined = _groups.GetOrAdd(group, static name => new ChannelGroup(name)).TryAdd(member, expiresAt)) is null)
        {
            Thread.Yield(); // the group has just lost its last member; the leaver is about to forget it
        }

        return joined;
    }

    private void LeaveAll(GroupMember member)
    {
        foreach (var membership in member.ToArray())
        {
            Leave(member, membership);
        }
    }

    private void Leave(GroupMember member, GroupMembership membership)
    {
        member.Remove(membership);
        if (membership.Group.Remove(membership))
        {
            _groups.TryRemove(new(membership.Group.Name, membership.Group));
        }

        if (member.Mailbox is null && member.Count == 0 && !member.Gone)
        {
            member.Gone = true;
            _members.TryRemove(new(member.Name, member));
        }
    }
}
