using System.Collections.Concurrent;

namespace Channels;

/// <summary>
/// The names of a consumer's groups when they are many. It counts for itself, because the dictionary's own count locks all of
/// it. Thread-safe.
/// </summary>
internal sealed class ManyNames(string[] few, string group)
    : ConcurrentDictionary<string, bool>([.. few.Append(group).Select(name => KeyValuePair.Create(name, true))], StringComparer.Ordinal)
{
    private int _count = few.Length + 1;

    /// <summary>Notes a name; false when there are as many as there may be.</summary>
    public bool TryNote(string group, int most)
    {
        if (ContainsKey(group))
        {
            return true;
        }

        if (Interlocked.Increment(ref _count) > most)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        if (!TryAdd(group, true))
        {
            Interlocked.Decrement(ref _count); // noted by somebody else meanwhile
        }

        return true;
    }

    public void Forget(string group)
    {
        if (TryRemove(group, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
