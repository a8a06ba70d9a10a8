namespace Channels;

/// <summary>
/// When a job may start at the earliest: a while after it is sent, or at a time. A <see cref="TimeSpan"/> and a
/// <see cref="DateTimeOffset"/> turn into one by themselves; the default value is "at once".
/// </summary>
public readonly record struct JobStart
{
    private const int MostDays = 3650;

    private JobStart(TimeSpan? delay, DateTimeOffset? notBefore) => (Delay, NotBefore) = (delay, notBefore);

    /// <summary>How long after it is sent, by the queue's clock; null when a time is given.</summary>
    public TimeSpan? Delay { get; }

    /// <summary>Not before this time, by the queue's clock; null when a delay is given.</summary>
    public DateTimeOffset? NotBefore { get; }

    /// <summary>A while after the job is sent.</summary>
    /// <param name="delay">How long: from zero, which is at once, to 3650 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or longer than that.</exception>
    public static JobStart After(TimeSpan delay)
    {
        if (delay < TimeSpan.Zero || delay.TotalDays > MostDays)
        {
            throw new ArgumentOutOfRangeException(nameof(delay), delay, $"A job can be delayed by a time from 0 to {MostDays} days.");
        }

        return new(delay, null);
    }

    /// <summary>Not before a time.</summary>
    /// <param name="notBefore">The time; one that is past already is at once.</param>
    public static JobStart At(DateTimeOffset notBefore) => new(null, notBefore);

    /// <inheritdoc cref="After"/>
    public static implicit operator JobStart(TimeSpan delay) => After(delay);

    /// <inheritdoc cref="At"/>
    public static implicit operator JobStart(DateTimeOffset notBefore) => At(notBefore);

    /// <summary>The time itself.</summary>
    /// <param name="now">What the clock shows.</param>
    /// <param name="parameter">What this is called where it was given. Default <c>start</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is more than 3650 days away, which no job is meant to wait.</exception>
    public DateTimeOffset ToTime(DateTimeOffset now, string parameter = "start")
    {
        if (NotBefore is { } time && (time - now).TotalDays > MostDays)
        {
            throw new ArgumentOutOfRangeException(parameter, time, $"A job can be delayed by at most {MostDays} days; this time is further away.");
        }

        return NotBefore ?? now + Delay.GetValueOrDefault();
    }
}
