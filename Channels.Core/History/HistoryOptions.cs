namespace Channels;

/// <summary>
/// How much of what was published is kept, group by group, bound from <c>Channels:History</c> and checked when the host
/// starts; the same in every process. What is reached first counts.
/// </summary>
[OptionsSection("Channels:History")]
public sealed class HistoryOptions
{
    /// <summary>How many messages of a group are kept. Default 1,000; at least 1.</summary>
    [AtLeast(1, "messages")]
    public int MaxMessages { get; set; } = 1_000;

    /// <summary>How many bytes the messages of a group may hold together, roughly; the newest is kept whatever its size. Default 1 MiB; at least 1,024.</summary>
    [AtLeast(1_024, "bytes")]
    public long MaxBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// How long a message is kept; a group that nobody publishes to, follows or reads is forgotten after as long. Default 1 hour;
    /// at least 1 s, at most 365 days.
    /// </summary>
    [TimeBetween("00:00:01", "365.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How many bytes the messages of all groups may hold together in the memory of this process, roughly, before groups that were
    /// not used for longest are forgotten. Redis has <c>maxmemory</c> instead. Default 256 MiB; at least 65,536.
    /// </summary>
    [AtLeast(65_536, "bytes")]
    public long MaxTotalBytes { get; set; } = 256 * 1024 * 1024;
}
