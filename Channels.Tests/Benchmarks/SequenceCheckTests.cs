using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class SequenceCheckTests
{
    private const uint Source = 7;

    [Test]
    public void In_order_and_complete_is_clean()
    {
        var check = Seen(1, 2, 3);

        Assert.That((check.Lost(4), check.Duplicated, check.Reordered, check.Misrouted), Is.EqualTo((0L, 0L, 0L, 0L)));
    }

    [Test]
    public void A_gap_that_stays_is_loss()
    {
        var check = Seen(1, 4);

        Assert.That((check.Lost(5), check.Duplicated, check.Reordered), Is.EqualTo((2L, 0L, 0L)));
    }

    [Test]
    public void What_never_came_at_the_end_is_loss()
    {
        Assert.That(Seen(1, 2).Lost(5), Is.EqualTo(2));
    }

    [Test]
    public void A_gap_that_fills_late_is_reordering_and_not_loss()
    {
        var check = Seen(1, 3, 2);

        Assert.That((check.Lost(4), check.Duplicated, check.Reordered), Is.EqualTo((0L, 0L, 1L)));
    }

    [Test]
    public void A_second_copy_is_duplication()
    {
        var check = Seen(1, 2, 2, 1, 3);

        Assert.That((check.Lost(4), check.Duplicated, check.Reordered), Is.EqualTo((0L, 2L, 0L)));
    }

    [Test]
    public void A_message_of_another_source_is_misrouted()
    {
        var check = Seen(1);
        check.See(Source + 1, Source, 2);

        Assert.That((check.Misrouted, check.Next), Is.EqualTo((1L, 2u)));
    }

    private static SequenceCheck Seen(params uint[] sequences)
    {
        var check = new SequenceCheck();
        check.Start(1);
        foreach (var sequence in sequences) check.See(Source, Source, sequence);
        return check;
    }
}
