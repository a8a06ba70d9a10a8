namespace Channels.Layers.Redis;

/// <summary>
/// Send times in seconds since the Unix epoch that rise strictly within the process: equal scores would be
/// read in random order, since the random prefix decides between them. A clock that is set back by more than a little begins
/// anew. Thread-safe.
/// </summary>
internal sealed class ScoreGenerator(TimeProvider time)
{
    // Whoever keeps a clock right sets it back by parts of a second, and the order of what was sent before and after is kept.
    // One that was further ahead was wrong, and to go on from there would put all messages behind those of others until it is that late.
    internal const double MostAhead = 5;
    private long _last = BitConverter.DoubleToInt64Bits(0.0); // the bits of positive doubles sort as the doubles do

    public double Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var seconds = UnixTime.Seconds(time); // behind it: a thread that is held up in between must not take the others' for a clock that was ahead
            var now = BitConverter.DoubleToInt64Bits(seconds);
            var next = BitConverter.Int64BitsToDouble(last) - seconds > MostAhead ? now : Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return BitConverter.Int64BitsToDouble(next);
            }
        }
    }
}
