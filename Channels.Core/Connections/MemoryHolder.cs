using System.Net;

namespace Channels.Extending;

/// <summary>
/// One who holds memory because of a peer: a connection, a request, or what a protocol keeps between several of them. The
/// server's budget ends it when memory runs short and it holds more than others; it counts with <see cref="MemoryShare"/>.
/// Thread-safe.
/// </summary>
/// <remarks>
/// It is the lock between its end and the budget's verdict, taken before all others: do not lock on it. <see cref="Forget"/> may be called
/// inside a lock that <see cref="EndForMemory"/> does not take. Derive from it where what is held outlives the request or the WebSocket that it
/// came by; those have holders of their own.
/// </remarks>
public abstract class MemoryHolder
{
    private readonly MemoryBudget? _budget;
    private readonly IPAddress? _address;

    // The budget's own, guarded by its lock.
    internal long Held;
    internal volatile bool IsEnded;
    internal bool IsForgotten;

    /// <summary>Makes a holder beside that of a connection, for the same peer. Where nobody counts, it is never ended.</summary>
    /// <param name="outer">The connection's own; null where nobody counts.</param>
    protected MemoryHolder(MemoryHolder? outer) => (_budget, _address) = (outer?._budget, outer?._address);

    /// <param name="budget">What all holders share.</param>
    /// <param name="address">The peer's address; null when unknown.</param>
    internal MemoryHolder(MemoryBudget budget, IPAddress? address) => (_budget, _address) = (budget, address);

    /// <summary>What counts as one client.</summary>
    internal AddressKey Address => AddressKey.Of(_address);

    /// <summary>Counts bytes beyond the allowance. False when this holder is ended: it must not hold more.</summary>
    internal bool TryTake(long bytes) => _budget?.TryTake(this, bytes) ?? true;

    /// <summary>Gives counted bytes back.</summary>
    internal void GiveBack(long bytes) => _budget?.GiveBack(this, bytes);

    /// <summary>
    /// It is over: whatever it held is counted no more, and it is not ended any more. Waits for an end that is under way:
    /// what the holder stands on may be another's from here on.
    /// </summary>
    public void Forget()
    {
        lock (this)
        {
            _budget?.Forget(this);
        }
    }

    /// <summary>Ends the holder, unless it is over: the verdict comes later than its cause.</summary>
    internal void End()
    {
        lock (this)
        {
            if (!IsForgotten)
            {
                EndForMemory();
            }
        }
    }

    /// <summary>
    /// Memory is short, and this holder is the one to go: lets go of everything as soon as it can. Called at most once, on a
    /// thread of the pool, and never after <see cref="Forget"/>; must neither throw nor wait.
    /// </summary>
    protected abstract void EndForMemory();
}
