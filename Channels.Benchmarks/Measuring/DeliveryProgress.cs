namespace Channels.Benchmarks;

/// <summary>How many deliveries there were at which moment. Not thread-safe.</summary>
internal sealed class DeliveryProgress
{
    private readonly List<(DateTime At, long Deliveries)> _samples = [];

    /// <summary>Notes how many there are by now; in the order of time.</summary>
    internal void Add(DateTime at, long deliveries) => _samples.Add((at, deliveries));

    /// <summary>How many there were at a moment, by the samples around it; null outside of them.</summary>
    internal double? At(DateTime moment)
    {
        var next = _samples.FindIndex(sample => sample.At >= moment);
        if (next < 0 || (next == 0 && _samples[0].At > moment)) return null;
        var (later, most) = _samples[next];
        if (next == 0) return most;
        var (earlier, least) = _samples[next - 1];
        return least + (most - least) * ((moment - earlier) / (later - earlier));
    }
}
