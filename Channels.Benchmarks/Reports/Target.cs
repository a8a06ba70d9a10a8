namespace Channels.Benchmarks;

/// <summary>
/// What one of our contestants has to reach: the ratio of a figure to the same figure of another contestant, or a figure
/// as such.
/// </summary>
/// <param name="Workload">In which workload.</param>
/// <param name="Contestant">Who has to reach it.</param>
/// <param name="Figure">Which figure.</param>
/// <param name="Against">Beside whom; null: every contestant that is neither ours nor the limit; <see cref="Nobody"/>: the figure as such.</param>
/// <param name="Bound">What is not to be exceeded or, where more is better, to be reached.</param>
internal sealed record Target(string Workload, string Contestant, Figure Figure, string? Against, double Bound)
{
    /// <summary>A target without another side.</summary>
    internal const string Nobody = "";

    /// <summary>The bound is a figure, not a ratio.</summary>
    internal bool IsAbsolute => Against == Nobody;

    /// <summary>Judges the target by the given medians; empty when a side was not measured.</summary>
    internal IEnumerable<TargetVerdict> Judge(IReadOnlyList<Summary> summaries)
    {
        var all = summaries.Where(summary => summary.Workload == Workload).ToArray();
        var own = all.FirstOrDefault(summary => summary.Contestant == Contestant);
        if (own is null || Figure.Read(own) is not { } reached) yield break;
        if (IsAbsolute)
        {
            yield return Verdict(own, Nobody, reached);
            yield break;
        }

        foreach (var other in all)
        {
            var compared = Against is null ? IsForeign(other.Contestant) : other.Contestant == Against;
            if (!compared || Figure.Read(other) is not { } beside || beside == 0) continue;
            yield return Verdict(own, other.Contestant, reached / beside);
        }
    }

    private TargetVerdict Verdict(Summary own, string against, double reached) =>
        new(this, against, reached, own.IsClean && (Figure.MoreIsBetter ? reached >= Bound : reached <= Bound));

    private static bool IsForeign(string contestant) =>
        contestant is not (PeerCatalog.Limit or PeerCatalog.OwnSocketIO) && !contestant.StartsWith("channels ", StringComparison.Ordinal) && !contestant.StartsWith($"{PeerCatalog.Baseline} ", StringComparison.Ordinal);
}
