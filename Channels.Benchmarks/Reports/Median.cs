namespace Channels.Benchmarks;

/// <summary>Medians over rounds.</summary>
internal static class Median
{
    /// <summary>The middle value (the mean of the two middle ones); null when no round measured it.</summary>
    internal static double? Of(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToArray();
        if (sorted.Length == 0) return null;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
