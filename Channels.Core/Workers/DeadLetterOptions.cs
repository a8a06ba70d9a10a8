using System.ComponentModel.DataAnnotations;

namespace Channels;

/// <summary>How many dead letters are kept and for how long; bound from <c>Channels:DeadLetters</c>.</summary>
public sealed class DeadLetterOptions
{
    /// <summary>How many letters are kept per channel. Default 1000; at least 1.</summary>
    [Range(1, int.MaxValue, ErrorMessage = "Channels:DeadLetters:Capacity must be at least 1.")]
    public int Capacity { get; set; } = 1000;

    /// <summary>How long a letter is kept. Default 7 days; zero keeps it until the capacity pushes it out.</summary>
    [TimeRange("00:00:00", ErrorMessage = "Channels:DeadLetters:Retention must not be negative; zero keeps letters until the capacity pushes them out.")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);
}
