namespace Channels.Tests.Support;

/// <summary>What code allocates on the thread that runs it.</summary>
internal static class Allocations
{
    private const int Attempts = 5;

    /// <summary>
    /// Bytes of the cheapest of some runs, after one that made what is made once. The runtime allocates on any thread too (caches of
    /// casts that grow, methods compiled anew), though never in each of several runs, as code that allocates does.
    /// </summary>
    public static long Least(Action action)
    {
        action();
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
