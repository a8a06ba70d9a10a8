using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class LatencyHistogramTests
{
    [Test]
    public void Percentiles_are_within_one_sixty_fourth_of_the_exact_value()
    {
        var histogram = new LatencyHistogram();
        for (var value = 1; value <= 100_000; value++) histogram.Add(value);

        Assert.Multiple(() =>
        {
            Assert.That(histogram.Count, Is.EqualTo(100_000));
            Assert.That((double)histogram.Percentile(0.5), Is.EqualTo(50_000.0).Within(1.6).Percent);
            Assert.That((double)histogram.Percentile(0.99), Is.EqualTo(99_000.0).Within(1.6).Percent);
            Assert.That((double)histogram.Percentile(0.999), Is.EqualTo(99_900.0).Within(1.6).Percent);
        });
    }

    [TestCase(0)]
    [TestCase(63)]
    [TestCase(64)]
    [TestCase(1L << 40)]
    [TestCase(long.MaxValue / 2)]
    public void A_single_value_is_its_own_percentile(long value)
    {
        var histogram = new LatencyHistogram();
        histogram.Add(value);

        Assert.That((double)histogram.Percentile(0.5), Is.EqualTo((double)value).Within(1.6).Percent);
    }

    [Test]
    public void Nothing_measured_is_zero_and_a_clock_gone_backwards_counts_as_zero()
    {
        var histogram = new LatencyHistogram();
        Assert.That(histogram.Percentile(0.5), Is.Zero);

        histogram.Add(-5);
        Assert.That(histogram.Percentile(1), Is.Zero);
    }

    [Test]
    public void The_median_of_rounds_leaves_out_those_that_measured_nothing()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Median.Of([3, null, 1, 2]), Is.EqualTo(2));
            Assert.That(Median.Of([1, 2]), Is.EqualTo(1.5));
            Assert.That(Median.Of([null]), Is.Null);
        });
    }
}
