namespace Channels.Extending;

/// <summary>
/// Something that <see cref="ConnectionHeartbeat"/> looks after: a connection with deadlines. A connection derives from
/// it, or owns an object that does, and belongs to one heartbeat for its life.
/// </summary>
public abstract class HeartbeatEntry
{
    /// <summary>No deadline at all.</summary>
    public const long Never = long.MaxValue;

    // The heartbeat's own: a ring of entries per slot, guarded by its lock.
    internal HeartbeatEntry? Next;
    internal HeartbeatEntry? Previous;
    internal int Slot = -1;
    internal bool IsBeating; // and not removed meanwhile
    internal long Due = Never;

    /// <summary>
    /// A deadline may have come: may also be called early, so look at the time. Must not block, because all connections
    /// share one timer. An entry that throws is called again a second later.
    /// </summary>
    /// <param name="now">The heartbeat's time in milliseconds.</param>
    /// <returns>When to be called again at the latest, in the same time; <see cref="Never"/> for not at all.</returns>
    public abstract long Beat(long now);
}
