namespace Channels.Extending;

/// <summary>
/// Counts one kind of memory of one holder where that memory is guarded: the common budget is asked for chunks only, and
/// only beyond an allowance. Not thread-safe; whatever guards the memory guards its share.
/// </summary>
/// <remarks>A field or a local, and never a copy: it knows what it has taken. Under a server without a budget, and in a test, it counts nothing.</remarks>
public struct MemoryShare
{
    /// <summary>What is not counted at all: an ordinary client stays below it all its life.</summary>
    internal const int Allowance = 8 * 1024;

    private const int Chunk = 16 * 1024;

    private long _taken;

    /// <summary>So many bytes are held now. False when the holder is ended because memory is short.</summary>
    /// <param name="bytes">All bytes of this kind.</param>
    /// <param name="holder">Who holds them; null when nobody counts.</param>
    public bool Set(long bytes, MemoryHolder? holder) => Fits(bytes) || holder is null || Settle(bytes, holder);

    /// <summary>Whether nobody needs to be asked: what is held is within the allowance, or within what was taken.</summary>
    internal readonly bool Fits(long bytes) =>
        bytes <= _taken + Allowance && (_taken == 0 || bytes > _taken / 4); // far below, not just below: who is at a border must not go back and forth

    private bool Settle(long bytes, MemoryHolder holder)
    {
        var needed = bytes <= Allowance ? 0 : (bytes - Allowance + Chunk - 1) / Chunk * Chunk;
        var more = needed - _taken;
        _taken = needed;
        if (more > 0)
        {
            return holder.TryTake(more);
        }

        holder.GiveBack(-more);
        return true;
    }
}
