using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>Resident memory of processes, from <c>/proc</c>.</summary>
internal static class ProcessMemory
{
    private const string Line = "VmRSS:";

    /// <summary>The sum over several processes.</summary>
    internal static long ResidentBytes(IReadOnlyList<int> processIds) => processIds.Sum(ResidentBytes);

    private static long ResidentBytes(int processId)
    {
        foreach (var line in File.ReadLines($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/status"))
        {
            if (!line.StartsWith(Line, StringComparison.Ordinal)) continue;
            return long.Parse(line.AsSpan(Line.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
        }

        throw new InvalidOperationException($"Process {processId} has no {Line} line; did the server end?");
    }

    /// <summary>Waits (at most the given time) until the figure stands still within half a percent.</summary>
    internal static long SettledBytes(IReadOnlyList<int> processIds, TimeSpan patience, Action idle)
    {
        var end = DateTime.UtcNow + patience;
        var last = ResidentBytes(processIds);
        while (DateTime.UtcNow < end)
        {
            idle();
            var now = ResidentBytes(processIds);
            if (Math.Abs(now - last) <= last / 200) return now;
            last = now;
        }

        return last;
    }
}
