namespace Channels.Benchmarks;

/// <summary>A figure that a target speaks of.</summary>
internal sealed record Figure(string Name, Func<Summary, double?> Read, bool MoreIsBetter)
{
    internal static Figure Cpu { get; } = new("CPU", static summary => summary.CpuPerMillion, false);

    internal static Figure Rate { get; } = new("per second", static summary => summary.PerSecond, true);

    internal static Figure Tail { get; } = new("p99", static summary => summary.P99, false);

    internal static Figure IdleCpu { get; } = new("idle CPU", static summary => summary.IdleMicroseconds, false);

    internal static Figure Memory { get; } = new("RSS", static summary => summary.RssPerConnection, false);
}
