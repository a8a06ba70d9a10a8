namespace Channels.Tests.Hostile;

/// <summary>How long echoes took.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Median">Half of them were faster.</param>
/// <param name="P99">All but one of a hundred were faster.</param>
internal sealed record Latency(int Count, TimeSpan Median, TimeSpan P99)
{
    public static Latency Of(IReadOnlyCollection<TimeSpan> echoes)
    {
        var sorted = echoes.Order().ToArray();
        TimeSpan At(double part) => sorted.Length == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
        return new Latency(sorted.Length, At(0.5), At(0.99));
    }
}
