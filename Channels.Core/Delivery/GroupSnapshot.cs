namespace Channels;

/// <summary>
/// The members of a group as one broadcast sees them, read from the group's own slots: no copy, no lock, no allocation.
/// Every member that was in the group before the broadcast began and is still in it is met exactly once; one that left
/// is not met, one that joined meanwhile (also after leaving) is not met either.
/// </summary>
internal ref struct GroupSnapshot(ChannelGroup.SlotTable table, long stamp)
{
    // How many members ahead memory is asked for them: about as long as it takes.
    private const int Step = 4;

    private readonly GroupMembership?[] _slots = table.Slots;
    private readonly int _end = table.End;
    private int _next;

    public GroupMembership Current { get; private set; } = null!; // set by MoveNext

    public readonly GroupSnapshot GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_next < _end)
        {
            if (_next + (2 * Step) < _end)
            {
                CacheHint.Fetch(Volatile.Read(ref _slots[_next + (2 * Step)]));
                CacheHint.FetchLarge(Volatile.Read(ref _slots[_next + Step])?.Mailbox);
            }

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
