using System.Net;

namespace Channels.Extending;

/// <summary>
/// One who holds memory because of a peer: a connection, or a request with its body. The budget ends it when memory runs
/// short and it holds more than others. Thread-safe.
/// </summary>
/// <param name="budget">What all holders share.</param>
/// <param name="address">The peer's address; null when unknown.</param>
internal abstract class MemoryHolder(MemoryBudget budget, IPAddress? address)
{
    // The budget's own, guarded by its lock: a list of those who hold anything.
    internal MemoryHolder? Next;
    internal MemoryHolder? Previous;
    internal long Held;
    internal long Since;
    internal volatile bool IsEnded;
    internal bool IsForgotten;

    /// <summary>What counts as one client.</summary>
    public AddressKey Address => AddressKey.Of(address);

    /// <summary>Counts bytes beyond the allowance. False when this holder is ended: it must not hold more.</summary>
    public bool TryTake(long bytes) => budget.TryTake(this, bytes);

    /// <summary>Gives counted bytes back.</summary>
    public void GiveBack(long bytes) => budget.GiveBack(this, bytes);

    /// <summary>It is over: whatever it held is counted no more.</summary>
    public void Forget() => budget.Forget(this);

    /// <summary>Memory is short, and this holder is the one to go: lets go of everything as soon as it can. Called once, on a thread of the pool; must not throw.</summary>
    public abstract void EndForMemory();
}
