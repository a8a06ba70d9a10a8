using Auctions;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>What the samples let one person, one address and all together do; by a clock of the test's.</summary>
[Proves("FG-16")]
public sealed class SampleLimitTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void The_chat_lets_a_person_say_twenty_things_at_once_and_then_one_a_second()
    {
        var pace = new Chat.Pace(_time);
        Assert.That(Take(pace, "ann", "10.0.0.1", 30), Is.EqualTo(20));
        Assert.That(Take(pace, "ann", "10.0.0.2", 30), Is.Zero, "wherever she is");
        Assert.That(Take(pace, "bob", "10.0.0.1", 30), Is.EqualTo(20), "others are not kept from it");
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.That(Take(pace, "ann", "10.0.0.1", 30), Is.EqualTo(3));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(Take(pace, "ann", "10.0.0.1", 30), Is.EqualTo(20), "and saves no more up");
    }

    [Test]
    public void The_chat_gives_an_address_no_more_for_people_that_are_made_up()
    {
        var pace = new Chat.Pace(_time);
        Assert.That(Enumerable.Range(0, 100_000).Count(i => pace.TryTake($"made up {i}", "10.0.0.1")), Is.EqualTo(200));
        Assert.That(pace.TryTake("ann", "10.0.0.2"), Is.True, "nor do they take the place of others");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Enumerable.Range(0, 1_000).Count(i => pace.TryTake($"made up {i}", "10.0.0.1")), Is.EqualTo(20));
    }

    [Test]
    public void The_chat_keeps_no_more_of_the_busy_than_it_has_room_for_and_forgets_them()
    {
        var pace = new Chat.Pace(_time);
        Assert.That(Enumerable.Range(0, 50_000).Count(i => pace.TryTake($"person {i}", $"address {i}")), Is.EqualTo(5_000));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Enumerable.Range(0, 50_000).Count(i => pace.TryTake($"other {i}", $"other address {i}")), Is.EqualTo(5_000));
    }

    [Test]
    public void The_house_opens_few_auctions_for_an_address_whose_places_are_free_after_their_end()
    {
        var open = new OpenAuctions(_time);
        Assert.That(Enumerable.Range(0, 30).Count(_ => Enter(open, "10.0.0.1", hours: 2) is null), Is.EqualTo(20));
        Assert.That(Enter(open, "10.0.0.1", hours: 2)?.Status, Is.EqualTo(429));
        Assert.That(Enter(open, "10.0.0.2", hours: 2), Is.Null);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.That(Enter(open, "10.0.0.1", hours: 2), Is.Null);
    }

    [Test]
    public void The_house_counts_a_short_auction_for_an_hour()
    {
        var open = new OpenAuctions(_time);
        Assert.That(Enumerable.Range(0, 30).Count(_ => Enter(open, "10.0.0.1", hours: 0.001) is null), Is.EqualTo(20));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.That(Enter(open, "10.0.0.1", hours: 0.001)?.Status, Is.EqualTo(429));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(Enter(open, "10.0.0.1", hours: 0.001), Is.Null);
    }

    [Test]
    public void The_house_is_full_long_before_the_queue_of_its_jobs_is()
    {
        var open = new OpenAuctions(_time);
        Assert.That(Enumerable.Range(0, 20_000).Count(i => Enter(open, $"address {i}", hours: 100) is null), Is.EqualTo(OpenAuctions.MostOfAll));
        Assert.That(Enter(open, "10.0.0.1", hours: 100)?.Status, Is.EqualTo(503));
        Assert.That(new JobQueueOptions().Capacity, Is.GreaterThan(OpenAuctions.MostOfAll));
    }

    [Test]
    public void The_house_takes_the_place_back_of_an_auction_that_could_not_be_opened()
    {
        var open = new OpenAuctions(_time);
        for (var i = 0; i < 30; i++)
        {
            var auction = Guid.NewGuid();
            Assert.That(open.Enter(auction, "10.0.0.1", _time.GetUtcNow().AddHours(2)), Is.Null);
            open.Leave(auction, "10.0.0.1");
        }
    }

    private static int Take(Chat.Pace pace, string person, string address, int times) => Enumerable.Range(0, times).Count(_ => pace.TryTake(person, address));

    private HttpProblem? Enter(OpenAuctions open, string address, double hours) => open.Enter(Guid.NewGuid(), address, _time.GetUtcNow().AddHours(hours));
}
