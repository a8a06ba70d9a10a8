namespace Channels.Benchmarks;

/// <summary>Raises the soft limit of open files to the hard one; child processes inherit it.</summary>
internal static unsafe class OpenFileLimit
{
    /// <returns>The limit now in force.</returns>
    internal static long Raise()
    {
        var limits = stackalloc ulong[2];
        if (Libc.GetLimit(Libc.LimitOpenFiles, limits) != 0) return 1024;
        if (limits[0] < limits[1])
        {
            limits[0] = limits[1];
            _ = Libc.SetLimit(Libc.LimitOpenFiles, limits);
            _ = Libc.GetLimit(Libc.LimitOpenFiles, limits);
        }

        return (long)Math.Min(limits[0], int.MaxValue);
    }
}
