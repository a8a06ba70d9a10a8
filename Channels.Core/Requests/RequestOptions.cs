namespace Channels;

/// <summary>How requests are asked and answered, bound from <c>Channels:Requests</c> and checked when the host starts.</summary>
[OptionsSection("Channels:Requests")]
public sealed class RequestOptions
{
    /// <summary>How long an answer is awaited where the caller does not say. Default 10 s; at least 1 ms, at most a day.</summary>
    [TimeBetween("00:00:00.001", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many bytes the answers of a process may hold together, roughly, while they are kept for requests that are delivered once
    /// more; the oldest go first. An answer is kept until its request is no longer waited for. Default 16 MiB; at least 0.
    /// </summary>
    [AtLeast(0, "bytes")]
    public long MaxRememberedBytes { get; set; } = 16 * 1024 * 1024;
}
