using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class PaceTests
{
    [Test]
    public void What_is_due_follows_the_clock_and_is_given_once()
    {
        var pace = new Pace(perSecond: 200, frequency: 1000, start: 5000);

        Assert.That(new[] { 4000, 5000, 5004, 5005, 5019, 5020, 6000, 6000 }.Select(now => pace.Due(now)),
            Is.EqualTo([0, 0, 0, 1, 2, 1, 196, 0]));
    }
}
