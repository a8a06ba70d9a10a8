namespace Channels.Kestrel;

/// <summary>Something that <see cref="ConnectionHeartbeat"/> looks after: a connection with deadlines.</summary>
internal abstract class HeartbeatEntry
{
    /// <summary>No deadline at all.</summary>
    public const long Never = long.MaxValue;

    // The heartbeat's own: a ring of entries per slot, guarded by its lock.
    internal HeartbeatEntry? Next;
    internal HeartbeatEntry? Previous;
    internal int Slot = -1;
    internal long Due = Never;

    /// <summary>A deadline may have come. Must not block: all connections share one timer.</summary>
    /// <param name="now">The heartbeat's time in milliseconds.</param>
    /// <returns>When to be called again at the latest, in the same time; <see cref="Never"/> for not at all.</returns>
    public abstract long Beat(long now);
}
