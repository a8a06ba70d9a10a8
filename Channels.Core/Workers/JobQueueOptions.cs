namespace Channels;

/// <summary>Settings of job queues, bound from <c>Channels:Jobs</c> and checked when the host starts; the same in every process.</summary>
[OptionsSection("Channels:Jobs")]
public sealed class JobQueueOptions
{
    /// <summary>How many unfinished jobs a channel holds before sending fails with <see cref="ChannelFullException"/>. Default 100,000; at least 1.</summary>
    [AtLeast(1, "jobs")]
    public int Capacity { get; set; } = 100_000;

    /// <summary>
    /// How many bytes the unfinished jobs of a channel may hold together, roughly, before sending fails with
    /// <see cref="ChannelFullException"/>. Default 256 MiB; at least 65,536.
    /// </summary>
    [AtLeast(65_536, "bytes")]
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>
    /// How long a worker may be silent before its jobs are handed to others; running workers renew their jobs three times
    /// as often. Default 60 s; at least 1 s, at most a day.
    /// </summary>
    [TimeBetween("00:00:01", "1.00:00:00")]
    public TimeSpan VisibilityTime { get; set; } = TimeSpan.FromSeconds(60);

    internal TimeSpan RenewPeriod => VisibilityTime / 3;
}
