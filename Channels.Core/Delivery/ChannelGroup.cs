namespace Channels;

/// <summary>
/// The members of one group in an array of slots. Joining and leaving lock the group itself, as there may be one per socket; a
/// broadcast only reads.
/// </summary>
/// <remarks>
/// A member never moves within a table: leaving empties its slot, which the next one to join reuses. (Moving the last
/// member into the gap would make a running broadcast miss it or meet it twice.) Growing and compacting make a new
/// table; broadcasts that began on the old one finish on it, and see who left by the membership's own mark.
/// </remarks>
internal sealed class ChannelGroup(string name)
{
    private const int SmallestTable = 4; // after the first member, who may well stay alone
    private SlotTable _table = new(1);
    private Stack<int>? _freeSlots;
    private long _joins;
    private int _members;
    private bool _vanished;

    public string Name { get; } = name;

    public int Count => Volatile.Read(ref _members);

    public int SlotCount => Volatile.Read(ref _table).Slots.Length;

    /// <summary>Adds a member; null when the group has just vanished because its last member left.</summary>
    public GroupMembership? TryAdd(GroupMember member, long expiresAt)
    {
        lock (this)
        {
            if (_vanished)
            {
                return null;
            }

            var slot = _freeSlots is { Count: > 0 } ? _freeSlots.Pop() : _table.End;
            if (slot == _table.Slots.Length)
            {
                MoveTo(new SlotTable(Math.Max(SmallestTable, slot * 2)));
            }

            var membership = new GroupMembership(this, member, slot, _joins + 1, expiresAt);
            Volatile.Write(ref _table.Slots[slot], membership);
            _table.End = Math.Max(_table.End, slot + 1);
            _members++;
            Volatile.Write(ref _joins, _joins + 1); // last: a broadcast that sees the number sees the member
            return membership;
        }
    }

    /// <summary>Ends a membership; true when it was the last one and the group must be forgotten.</summary>
    public bool Remove(GroupMembership membership)
    {
        lock (this)
        {
            membership.Ended = true;
            Volatile.Write(ref _table.Slots[membership.Slot], null);
            _members--;
            if (_members == 0)
            {
                return _vanished = true;
            }

            (_freeSlots ??= new()).Push(membership.Slot);
            if (_table.End > 8 * SmallestTable && _members < _table.End / 4)
            {
                _freeSlots = null;
                MoveTo(new SlotTable(Math.Max(SmallestTable, _members * 2)));
            }

            return false;
        }
    }

    /// <summary>The members as of now.</summary>
    public GroupSnapshot Snapshot()
    {
        var stamp = Volatile.Read(ref _joins); // before the table: whoever is counted is in the table
        return new GroupSnapshot(Volatile.Read(ref _table), stamp);
    }

    private void MoveTo(SlotTable table)
    {
        foreach (var membership in _table.Slots.AsSpan(0, _table.End))
        {
            if (membership is not null)
            {
                membership.Slot = table.End;
                table.Slots[table.End++] = membership;
            }
        }

        Volatile.Write(ref _table, table);
    }

    internal sealed class SlotTable(int length)
    {
        private int _end;

        public GroupMembership?[] Slots { get; } = new GroupMembership?[length];

        /// <summary>No slot from here on has ever been used.</summary>
        public int End
        {
            get => Volatile.Read(ref _end);
            set => Volatile.Write(ref _end, value);
        }
    }
}
