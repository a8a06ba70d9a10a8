using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>How much CPU the whole machine has used, from <c>/proc/stat</c>: shows whether something else ran beside a measurement.</summary>
internal static class MachineLoad
{
    private const double TicksPerSecond = 100; // the kernel's unit towards user space, whatever it ticks at itself
    private const int Idle = 4;
    private const int WaitingForInput = 5;
    private const int LastKind = 8; // stolen; what guests use is counted as user time already

    /// <summary>CPU seconds of all processes and of the kernel since the start of the machine.</summary>
    internal static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double ticks = 0;
        for (var kind = 1; kind <= LastKind && kind < fields.Length; kind++)
        {
            if (kind is not (Idle or WaitingForInput)) ticks += long.Parse(fields[kind], CultureInfo.InvariantCulture);
        }

        return ticks / TicksPerSecond;
    }
}
