namespace Channels.Layers.Redis;

/// <summary>
/// Send times in seconds since the Unix epoch that rise strictly within the process: equal scores would be
/// read in random order, since the random prefix decides between them. Thread-safe.
/// </summary>
internal sealed class ScoreGenerator(TimeProvider time)
{
    private long _last = BitConverter.DoubleToInt64Bits(0.0); // the bits of positive doubles sort as the doubles do

    public double Next()
    {
        var now = BitConverter.DoubleToInt64Bits(UnixTime.Seconds(time));
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return BitConverter.Int64BitsToDouble(next);
            }
        }
    }
}
