namespace Channels.Kestrel;

/// <summary>How much memory the messages that are not complete yet may take in all connections together. Thread-safe.</summary>
/// <param name="limit">In bytes; 0 means no limit.</param>
internal sealed class PartialMessageBudget(long limit)
{
    private readonly long _limit = limit <= 0 ? long.MaxValue : limit;
    private long _used;

    public long Used => Interlocked.Read(ref _used);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= _limit)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    public void GiveBack(long bytes) => Interlocked.Add(ref _used, -bytes);
}
