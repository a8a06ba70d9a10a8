namespace Channels.Layers.Redis;

/// <summary>What Redis knows about a membership that this process wants or no longer wants.</summary>
internal enum MembershipState
{
    /// <summary>Wanted, not confirmed by Redis yet: it is written as soon as the host answers.</summary>
    Joining,

    /// <summary>Written; prolonged from time to time while the channel is open.</summary>
    Joined,

    /// <summary>No longer wanted, not confirmed yet: it is removed as soon as the host answers.</summary>
    Leaving,
}
