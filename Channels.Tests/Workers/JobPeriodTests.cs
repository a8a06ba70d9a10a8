using System.Globalization;

namespace Channels.Tests.Workers;

public sealed class JobPeriodTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [TestCase("01:00:00", "2026-05-01T12:34:56Z", "2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z")]
    [TestCase("01:00:00", "2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z")]
    [TestCase("00:00:07", "1970-01-01T00:00:20Z", "1970-01-01T00:00:14Z", "1970-01-01T00:00:21Z")]
    [TestCase("1.00:00:00", "2026-05-01T12:34:56+05:00", "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z")]
    public void A_period_has_the_same_times_whoever_asks_when(string period, string now, string latest, string next) =>
        AssertTimes(JobPeriod.Every(TimeSpan.Parse(period, CultureInfo.InvariantCulture)), now, latest, next);

    [TestCase("2026-05-01T02:59:59Z", "2026-04-30T03:00:00Z", "2026-05-01T03:00:00Z")]
    [TestCase("2026-05-01T03:00:00Z", "2026-05-01T03:00:00Z", "2026-05-02T03:00:00Z")]
    [TestCase("2026-05-01T23:00:00-11:00", "2026-05-02T03:00:00Z", "2026-05-03T03:00:00Z")]
    public void A_time_of_day_is_one_of_UTC_unless_a_zone_is_given(string now, string latest, string next) =>
        AssertTimes(JobPeriod.DailyAt(new TimeOnly(3, 0)), now, latest, next);

    [TestCase("2026-03-28T12:00:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", Description = "on the 29th half past two does not exist: half past three")]
    [TestCase("2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z")]
    [TestCase("2026-10-24T12:00:00Z", "2026-10-24T00:30:00Z", "2026-10-25T01:30:00Z", Description = "on the 25th it comes twice")]
    [TestCase("2026-10-25T01:00:00Z", "2026-10-24T00:30:00Z", "2026-10-25T01:30:00Z")]
    [TestCase("2026-10-25T12:00:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z")]
    public void A_day_on_which_the_clocks_are_changed_has_one_occurrence(string now, string latest, string next) =>
        AssertTimes(JobPeriod.DailyAt(new TimeOnly(2, 30), Berlin), now, latest, next);

    [Test]
    public void Periods_that_cannot_be_meant_are_refused()
    {
        foreach (var wrong in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-5), TimeSpan.FromMilliseconds(999), TimeSpan.FromDays(366) })
        {
            Assert.That(() => JobPeriod.Every(wrong), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("period").And.Message.Contains("1 second to 365 days"));
        }
    }

    [Test]
    public void A_period_says_what_it_is()
    {
        Assert.That($"{JobPeriod.Every(TimeSpan.FromMinutes(5))}", Is.EqualTo("every 00:05:00"));
        Assert.That($"{JobPeriod.DailyAt(new TimeOnly(3, 0), Berlin)}", Is.EqualTo("daily at 03:00:00 (Europe/Berlin)"));
    }

    private static void AssertTimes(JobPeriod period, string now, string latest, string next)
    {
        Assert.That(period.Latest(Time(now)), Is.EqualTo(Time(latest)));
        Assert.That(period.Next(Time(now)), Is.EqualTo(Time(next)));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
