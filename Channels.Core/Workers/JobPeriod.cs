namespace Channels;

/// <summary>
/// How often a job repeats. Its times are the same in every process, whenever that was started. Immutable.
/// </summary>
public sealed class JobPeriod
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);
    private readonly TimeSpan _every;
    private readonly TimeOnly _time;
    private readonly TimeZoneInfo? _zone;

    private JobPeriod(TimeSpan every) => _every = every;

    private JobPeriod(TimeOnly time, TimeZoneInfo zone) => (_time, _zone) = (time, zone);

    /// <summary>Again and again after the same time, counted from midnight UTC of the first day of 1970: an hour is every full hour.</summary>
    /// <param name="period">The time: from a second to 365 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is shorter or longer.</exception>
    public static JobPeriod Every(TimeSpan period) => period >= Shortest && period <= Longest
        ? new(period)
        : throw new ArgumentOutOfRangeException(nameof(period), period, "A job repeats after a time from 1 second to 365 days.");

    /// <summary>
    /// Once a day. A time that the clock skips in spring is kept by the clock of winter, an hour later; one that it shows
    /// twice in autumn counts once.
    /// </summary>
    /// <param name="time">The time of day.</param>
    /// <param name="zone">Where the clock hangs. Default null: UTC.</param>
    public static JobPeriod DailyAt(TimeOnly time, TimeZoneInfo? zone = null) => new(time, zone ?? TimeZoneInfo.Utc);

    /// <summary>Names the period for a log.</summary>
    public override string ToString() => _zone is null ? $"every {_every}" : $"daily at {_time:HH:mm:ss} ({_zone.Id})";

    /// <summary>The last time that is not after the given one.</summary>
    internal DateTimeOffset Latest(DateTimeOffset now)
    {
        if (_zone is null)
        {
            return DateTimeOffset.UnixEpoch + TimeSpan.FromTicks((now - DateTimeOffset.UnixEpoch).Ticks / _every.Ticks * _every.Ticks);
        }

        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, _zone).DateTime).AddDays(1);
        while (OnDay(day, _zone) > now)
        {
            day = day.AddDays(-1);
        }

        return OnDay(day, _zone);
    }

    /// <summary>The first time after the given one.</summary>
    internal DateTimeOffset Next(DateTimeOffset now)
    {
        if (_zone is null)
        {
            return Latest(now) + _every;
        }

        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, _zone).DateTime).AddDays(-1);
        while (OnDay(day, _zone) <= now)
        {
            day = day.AddDays(1);
        }

        return OnDay(day, _zone);
    }

    private DateTimeOffset OnDay(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(_time);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
