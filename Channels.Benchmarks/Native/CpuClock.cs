namespace Channels.Benchmarks;

/// <summary>CPU time of a process (all its threads, user and kernel), in nanoseconds: the kernel's own clock, not the 10 ms ticks of /proc.</summary>
internal static unsafe class CpuClock
{
    private const int ScheduledClock = 2;

    /// <summary>The sum over several processes.</summary>
    internal static long Nanoseconds(IReadOnlyList<int> processIds) => processIds.Sum(Nanoseconds);

    internal static long Nanoseconds(int processId)
    {
        var time = stackalloc long[2];
        if (Libc.ClockGetTime((~processId << 3) | ScheduledClock, time) != 0)
            throw new InvalidOperationException($"Process {processId} has no CPU clock; did the server end?");
        return time[0] * 1_000_000_000 + time[1];
    }
}
