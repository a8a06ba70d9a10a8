namespace Channels;

/// <summary>How many dead letters are kept and for how long; bound from <c>Channels:DeadLetters</c>.</summary>
[OptionsSection("Channels:DeadLetters")]
public sealed class DeadLetterOptions
{
    /// <summary>How many letters are kept per channel. Default 1000; at least 1.</summary>
    [AtLeast(1, "letters")]
    public int Capacity { get; set; } = 1000;

    /// <summary>How many bytes a channel's letters may hold together, roughly; beyond it the oldest go, over Redis a quarter of them at once. Default 16 MiB; at least 65,536.</summary>
    [AtLeast(65_536, "bytes")]
    public long MaxBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// How many bytes the message of one letter may hold, roughly. A larger one is cut to its beginning and marked
    /// (<see cref="DeadLetter.IsCut"/>): it can be looked at, and not be sent again. Default 262,144; at least 1,024.
    /// </summary>
    [AtLeast(1024, "bytes")]
    public long MaxBodyBytes { get; set; } = 256 * 1024;

    /// <summary>How long a letter is kept. Default 7 days; zero keeps it until the capacity pushes it out.</summary>
    [Duration("7.00:00:00, or 0 to keep letters until the capacity pushes them out")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);
}
