namespace Channels;

/// <summary>How many dead letters are kept and for how long; bound from <c>Channels:DeadLetters</c>.</summary>
[OptionsSection("Channels:DeadLetters")]
public sealed class DeadLetterOptions
{
    /// <summary>How many letters are kept per channel. Default 1000; at least 1.</summary>
    [AtLeast(1, "letters")]
    public int Capacity { get; set; } = 1000;

    /// <summary>How long a letter is kept. Default 7 days; zero keeps it until the capacity pushes it out.</summary>
    [Duration("7.00:00:00, or 0 to keep letters until the capacity pushes them out")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);
}
