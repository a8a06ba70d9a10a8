using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

/// <summary>What was allocated is set against what was delivered up to the moment of each counter, however late it arrives.</summary>
public sealed class AllocationProbeTests
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [TestCase(0, 0.0)]
    [TestCase(5, 50.0)]
    [TestCase(10, 100.0)]
    [TestCase(15, 100.0)]
    [TestCase(20, 100.0)]
    [TestCase(25, 250.0)]
    [TestCase(30, 400.0)]
    [TestCase(-1, null)]
    [TestCase(31, null)]
    public void Deliveries_between_two_samples_come_evenly(int milliseconds, double? expected)
    {
        var progress = Progress((0, 0), (10, 100), (20, 100), (30, 400));
        Assert.That(progress.At(After(milliseconds)), Is.EqualTo(expected));
    }

    [Test]
    public void Bytes_are_those_between_the_first_and_the_last_counter_of_the_time()
    {
        var progress = Progress((0, 0), (1000, 1000));
        var increments = new[] { (After(-100), 9e9), (After(200), 7e9), (After(400), 20_000.0), (After(600), 30_000.0), (After(1001), 9e9) };
        Assert.That(AllocationProbe.PerDelivery(progress, increments), Is.EqualTo(50_000.0 / 400), "a counter tells of the time before it");
    }

    [Test]
    public void Nothing_is_said_by_fewer_than_two_counters_or_without_deliveries()
    {
        Assert.That(AllocationProbe.PerDelivery(Progress((0, 0), (1000, 1000)), [(After(200), 5.0)]), Is.Null);
        Assert.That(AllocationProbe.PerDelivery(Progress((0, 0), (1000, 0)), [(After(200), 5.0), (After(400), 5.0)]), Is.Null);
        Assert.That(AllocationProbe.PerDelivery(new DeliveryProgress(), [(After(200), 5.0)]), Is.Null);
    }

    private static DateTime After(int milliseconds) => Start.AddMilliseconds(milliseconds);

    private static DeliveryProgress Progress(params (int At, long Deliveries)[] samples)
    {
        var progress = new DeliveryProgress();
        foreach (var (at, deliveries) in samples)
        {
            progress.Add(After(at), deliveries);
        }

        return progress;
    }
}
