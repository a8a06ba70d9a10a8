namespace Channels.Layers.Redis;

/// <summary>The clock as Redis scores hold it, and the bounds that follow from it.</summary>
internal static class UnixTime
{
    public static double Seconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;

    /// <summary>The newest score that counts as expired: floor(now) - expiry, both ends included.</summary>
    public static long PurgeBound(double now, TimeSpan expiry) => (long)Math.Floor(now) - (long)expiry.TotalSeconds;

    /// <summary>The same by what the clock shows. Never by a message's own score, which may be ahead of it: all that others have sent would count as expired.</summary>
    public static long PurgeBound(TimeProvider time, TimeSpan expiry) => PurgeBound(Seconds(time), expiry);
}
