using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class InFlightWindowTests
{
    [Test]
    public void A_message_is_under_way_until_every_receiver_has_it()
    {
        var window = new InFlightWindow(1, receivers: 2, first: 5);
        Assert.That(window.Send(), Is.EqualTo(5));
        Assert.That(window.HasRoom, Is.False);

        Assert.That(window.Delivered(5), Is.False);
        Assert.That(window.Delivered(5), Is.True);
        Assert.That((window.HasRoom, window.IsEmpty, window.Next), Is.EqualTo((true, true, 6u)));
    }

    [Test]
    public void Room_comes_back_in_the_order_of_sending()
    {
        var window = new InFlightWindow(2, receivers: 1, first: 1);
        window.Send();
        window.Send();

        Assert.That(window.Delivered(2), Is.False, "the oldest is still under way");
        Assert.That(window.HasRoom, Is.False);
        Assert.That(window.Delivered(1), Is.True);
        Assert.That(window.IsEmpty, Is.True);
    }

    [TestCase(0u)]
    [TestCase(3u)]
    public void A_number_that_is_not_under_way_changes_nothing(uint stray)
    {
        var window = new InFlightWindow(2, receivers: 1, first: 1);
        window.Send();
        window.Send();

        Assert.That((window.Delivered(stray), window.HasRoom), Is.EqualTo((false, false)));
    }
}
