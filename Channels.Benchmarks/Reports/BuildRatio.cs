namespace Channels.Benchmarks;

/// <summary>
/// One figure of this build beside the same of another build. The ratio is taken within each round, where both ran under
/// the same conditions, and the median of these is told.
/// </summary>
/// <param name="Error">The standard error of the ratio; null for so few rounds that their spread says nothing.</param>
internal sealed record BuildRatio(string Workload, string Contestant, string Figure, double Old, double New, double Ratio, double? Error, double Lowest, double Highest)
{
    private const string Ours = "channels";
    private const int FewestForAnError = 5;

    private static readonly (string Name, Func<CellResult, double?> Read)[] Figures =
    [
        ("CPU", static cell => cell.CpuPerMillion),
        ("per second", static cell => cell.PerSecond),
        ("p99", static cell => cell.P99),
        ("allocated", static cell => cell.AllocatedBytesPerDelivery),
        ("RSS", static cell => cell.RssPerConnection),
        ("heap", static cell => cell.HeapPerConnection),
        ("idle CPU", static cell => cell.IdleMicroseconds),
    ];

    /// <summary>All pairs of a run; empty when no other build took part.</summary>
    internal static IReadOnlyList<BuildRatio> Of(IReadOnlyList<CellResult> cells) =>
    [
        .. from old in cells.Where(static cell => cell.Contestant.StartsWith($"{PeerCatalog.Baseline} ", StringComparison.Ordinal)).GroupBy(static cell => (cell.Workload, cell.Contestant))
           let name = Ours + old.Key.Contestant[PeerCatalog.Baseline.Length..]
           let rounds = old.Join(cells.Where(cell => cell.Workload == old.Key.Workload && cell.Contestant == name), static cell => cell.Round, static cell => cell.Round, static (before, now) => (before, now)).ToArray()
           from figure in Figures
           let pairs = rounds.Select(pair => (Old: figure.Read(pair.before), New: figure.Read(pair.now))).Where(static pair => pair is { Old: > 0, New: not null }).ToArray()
           where pairs.Length > 0
           let ratios = pairs.Select(static pair => pair.New!.Value / pair.Old!.Value).ToArray() // only pairs with both are left
           select new BuildRatio(
               old.Key.Workload, name, figure.Name,
               Median.Of(pairs.Select(static pair => pair.Old)) ?? 0, Median.Of(pairs.Select(static pair => pair.New)) ?? 0,
               Median.Of(ratios.Select(static ratio => (double?)ratio)) ?? 0, ErrorOf(ratios), ratios.Min(), ratios.Max()),
    ];

    // Of a median, from the spread of the middle half, which single rounds that something disturbed do not move: for a normal distribution
    // that half is 1.349 standard deviations wide, and a median's error 1.253 times that of a mean.
    private static double? ErrorOf(double[] ratios)
    {
        if (ratios.Length < FewestForAnError) return null;
        var sorted = ratios.Order().ToArray();
        var quarter = sorted.Length / 4;
        return 1.253 * (sorted[^(quarter + 1)] - sorted[quarter]) / 1.349 / Math.Sqrt(sorted.Length);
    }
}
