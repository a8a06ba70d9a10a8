namespace Channels;

/// <summary>
/// The members of a group as one broadcast sees them, read from the group's own slots: no copy, no lock, no allocation.
/// Every member that was in the group before the broadcast began and is still in it is met exactly once; one that left
/// is not met, one that joined meanwhile (also after leaving) is not met either.
/// </summary>
internal ref struct GroupSnapshot(ChannelGroup.SlotTable table, long stamp)
{
    private readonly GroupMembership?[] _slots = table.Slots;
    private readonly int _end = table.End;
    private int _next;

    public GroupMembership Current { get; private set; } = null!; // set by MoveNext

    public readonly GroupSnapshot GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_next < _end)
        {
            var membership = Volatile.Read(ref _slots[_next++]);
            if (membership is not null && membership.JoinStamp <= stamp && !membership.Ended)
            {
                Current = membership;
                return true;
            }
        }

        return false;
    }
}
