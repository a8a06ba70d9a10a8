using System.Numerics;

namespace Channels.Benchmarks;

/// <summary>Counts durations in buckets whose width is at most 1/64 of their value: every message counts, at the price of an increment.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * SubBuckets];

    internal long Count { get; private set; }

    internal void Add(long value)
    {
        _counts[Index(Math.Max(0, value))]++;
        Count++;
    }

    /// <summary>The value that the given share (0 to 1) of all durations do not exceed; 0 when there are none.</summary>
    internal long Percentile(double share)
    {
        if (Count == 0) return 0;
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank) return UpperBound(i);
        }

        return UpperBound(_counts.Length - 1);
    }

    private static int Index(long value)
    {
        if (value < SubBuckets) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return (shift + 1) * SubBuckets + (int)((value >> shift) - SubBuckets);
    }

    private static long UpperBound(int index)
    {
        if (index < SubBuckets) return index;
        var shift = index / SubBuckets - 1;
        return ((long)(index % SubBuckets + SubBuckets + 1) << shift) - 1;
    }
}
