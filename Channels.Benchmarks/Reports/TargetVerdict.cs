namespace Channels.Benchmarks;

/// <summary>How a target came out beside one other contestant.</summary>
internal sealed record TargetVerdict(Target Target, string Against, double Ratio, bool Passed);
