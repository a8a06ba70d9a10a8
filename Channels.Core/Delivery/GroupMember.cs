namespace Channels;

/// <summary>
/// A channel that is, or may become, a member of groups, and the groups it is in. Everything but the two names is
/// guarded by locking the object itself (there is one per socket, so it has no lock of its own), which is taken before
/// the lock of a group, never after it.
/// </summary>
internal sealed class GroupMember(string name, Mailbox? mailbox)
{
    // Most sockets are in one or two groups, which an array finds fastest; above this a dictionary.
    private const int LongestArray = 8;
    private GroupMembership[] _few = [];
    private Dictionary<string, GroupMembership>? _many;
    private int _count;

    public string Name { get; } = name;

    /// <summary>Where messages go; null for a channel that nobody of this process holds open.</summary>
    public Mailbox? Mailbox { get; } = mailbox;

    /// <summary>True when the member has been forgotten: its channel was closed, or it is in no group any more.</summary>
    public bool Gone { get; set; }

    public int Count => _many?.Count ?? _count;

    public GroupMembership? Find(string group)
    {
        if (_many is not null)
        {
            return _many.GetValueOrDefault(group);
        }

        foreach (var membership in _few.AsSpan(0, _count))
        {
            if (membership.Group.Name == group)
            {
                return membership;
            }
        }

        return null;
    }

    public void Add(GroupMembership membership)
    {
        if (_many is null && _count < LongestArray)
        {
            if (_count == _few.Length)
            {
                Array.Resize(ref _few, Math.Max(1, _count * 2));
            }

            _few[_count++] = membership;
            return;
        }

        _many ??= _few.ToDictionary(few => few.Group.Name, StringComparer.Ordinal);
        _few = [];
        _many[membership.Group.Name] = membership;
    }

    public void Remove(GroupMembership membership)
    {
        if (_many is not null)
        {
            _many.Remove(membership.Group.Name);
        }
        else if (Array.IndexOf(_few, membership) is >= 0 and var index)
        {
            _few[index] = _few[--_count];
            _few[_count] = null!; // beyond the count nobody looks
        }
    }

    /// <summary>All memberships, copied.</summary>
    public GroupMembership[] ToArray() => _many is not null ? [.. _many.Values] : _few[.._count];
}
