namespace Channels.Benchmarks;

/// <summary>How long the phases of a cell last.</summary>
internal sealed record Timing(TimeSpan WarmUp, TimeSpan Measure, TimeSpan Allocations, int Rounds)
{
    /// <summary>What comes round slowly, such as pings, is waited for.</summary>
    internal bool WholeTurns { get; init; }

    internal static Timing Default { get; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5), 3) { WholeTurns = true };

    internal static Timing Quick { get; } = new(TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.4), TimeSpan.Zero, 1);
}
