using System.Net;

namespace Channels.Extending;

/// <summary>
/// One who holds memory because of a peer: a connection, or a request with its body. The budget ends it when memory runs
/// short and it holds more than others. Thread-safe.
/// </summary>
/// <remarks>It is the lock between its end and the budget's verdict, taken before all others: do not lock on it.</remarks>
/// <param name="budget">What all holders share.</param>
/// <param name="address">The peer's address; null when unknown.</param>
internal abstract class MemoryHolder(MemoryBudget budget, IPAddress? address)
{
    // The budget's own, guarded by its lock.
    internal long Held;
    internal volatile bool IsEnded;
    internal bool IsForgotten;

    /// <summary>What counts as one client.</summary>
    public AddressKey Address => AddressKey.Of(address);

    /// <summary>Counts bytes beyond the allowance. False when this holder is ended: it must not hold more.</summary>
    public bool TryTake(long bytes) => budget.TryTake(this, bytes);

    /// <summary>Gives counted bytes back.</summary>
    public void GiveBack(long bytes) => budget.GiveBack(this, bytes);

    /// <summary>
    /// It is over: whatever it held is counted no more, and it is not ended any more. Waits for an end that is under way:
    /// what the holder stands on may be another's from here on.
    /// </summary>
    public void Forget()
    {
        lock (this)
        {
            budget.Forget(this);
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
