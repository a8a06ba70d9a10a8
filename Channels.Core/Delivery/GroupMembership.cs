namespace Channels;

/// <summary>One channel in one group. It keeps its slot in the group for life, so that a broadcast meets it once.</summary>
internal sealed class GroupMembership(ChannelGroup group, GroupMember member, int slot, long joinStamp, long expiresAt)
{
    private long _expiresAt = expiresAt;
    private bool _ended;

    public ChannelGroup Group { get; } = group;

    public GroupMember Member { get; } = member;

    /// <summary>Where messages go; null for a channel that nobody of this process holds open.</summary>
    public Mailbox? Mailbox { get; } = member.Mailbox;

    /// <summary>Changed under the group's lock only, when the group is compacted.</summary>
    public int Slot { get; set; } = slot;

    /// <summary>How many had joined the group before; tells a broadcast who came after it began.</summary>
    public long JoinStamp { get; } = joinStamp;

    /// <summary>The timestamp at which the membership ends by itself; <see cref="long.MaxValue"/> for that of a live inbox.</summary>
    public long ExpiresAt
    {
        get => Volatile.Read(ref _expiresAt);
        set => Volatile.Write(ref _expiresAt, value);
    }

    /// <summary>True from the moment the membership is discarded, also for broadcasts that still see the slot.</summary>
    public bool Ended
    {
        get => Volatile.Read(ref _ended);
        set => Volatile.Write(ref _ended, value);
    }
}
