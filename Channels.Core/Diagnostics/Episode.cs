namespace Channels;

/// <summary>
/// Tells the first of many like occurrences from those that follow: an episode ends when a minute has passed without one.
/// Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Episode(TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private long _last = long.MinValue;

    /// <summary>Notes an occurrence; true when it is the first of its episode, which is the one to log.</summary>
    public bool Begins()
    {
        var now = time.GetTimestamp();
        var before = Interlocked.Exchange(ref _last, now);
        return before == long.MinValue || time.GetElapsedTime(before, now) >= Quiet;
    }
}
