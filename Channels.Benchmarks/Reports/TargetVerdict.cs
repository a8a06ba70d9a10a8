namespace Channels.Benchmarks;

/// <summary>How a target came out beside one other contestant, or by itself.</summary>
/// <param name="Target">The target.</param>
/// <param name="Against">Beside whom; empty for a target of its own.</param>
/// <param name="Reached">The ratio, or the figure itself.</param>
/// <param name="Passed">Whether that is enough.</param>
internal sealed record TargetVerdict(Target Target, string Against, double Reached, bool Passed);
