namespace Channels.Extending;

/// <summary>
/// Tells the first of a row of like occurrences from those that follow it, so that a fault that repeats is one line in the
/// log: an episode lasts until nothing has happened for a minute. Thread-safe.
/// </summary>
/// <param name="time">The clock that tells episodes apart.</param>
public sealed class Episode(TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private long _last = long.MinValue;

    /// <summary>Notes an occurrence; true when it begins an episode.</summary>
    public bool Begins()
    {
        var now = time.GetTimestamp();
        var before = Interlocked.Exchange(ref _last, now);
        return before == long.MinValue || time.GetElapsedTime(before, now) >= Quiet;
    }
}
