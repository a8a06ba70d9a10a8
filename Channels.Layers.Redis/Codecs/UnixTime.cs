namespace Channels.Layers.Redis;

/// <summary>The clock as Redis scores hold it, and the bounds that follow from it.</summary>
internal static class UnixTime
{
    public static double Seconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;

    /// <summary>The newest score that counts as expired: floor(now) - expiry, both ends included.</summary>
    public static long PurgeBound(double now, TimeSpan expiry) => (long)Math.Floor(now) - (long)expiry.TotalSeconds;
}
