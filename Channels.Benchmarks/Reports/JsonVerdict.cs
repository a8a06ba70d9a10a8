namespace Channels.Benchmarks;

/// <summary>A <see cref="TargetVerdict"/> as it stands in the JSON file.</summary>
internal sealed record JsonVerdict(string Workload, string Contestant, string Figure, string Against, double Bound, double Reached, bool Passed)
{
    internal static JsonVerdict Of(TargetVerdict verdict) => new(
        verdict.Target.Workload, verdict.Target.Contestant, verdict.Target.Figure.Name, verdict.Against, verdict.Target.Bound, verdict.Reached, verdict.Passed);
}
