using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>A clock that was wrong and has been set right: what was sent by it costs others nothing.</summary>
public sealed class ClockTests : RedisTestBase
{
    [TestCase(2 * 60 * 60)]
    [TestCase(6)]
    public void Scores_go_by_a_clock_again_that_was_set_back_by_more_than_a_little(int seconds)
    {
        var clock = new SetClock { Ahead = TimeSpan.FromSeconds(seconds) };
        var scores = new ScoreGenerator(clock);
        var ahead = scores.Next();
        clock.Ahead = TimeSpan.Zero;
        var (first, second) = (scores.Next(), scores.Next());
        Assert.That(first, Is.EqualTo(ahead - seconds));
        Assert.That(second, Is.GreaterThan(first).And.LessThan(first + 1));
    }

    [Test]
    public void Scores_rise_when_the_clock_is_set_back_by_a_little()
    {
        var clock = new SetClock { Ahead = TimeSpan.FromSeconds(1) };
        var scores = new ScoreGenerator(clock);
        var ahead = scores.Next();
        clock.Ahead = TimeSpan.Zero;
        Assert.That(scores.Next(), Is.GreaterThan(ahead).And.LessThan(ahead + 1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_sender_whose_clock_was_ahead_removes_nobodys_messages(bool toGroup)
    {
        var server = await StartServerAsync();
        var clock = new SetClock();
        var (wasAhead, other) = (MakeCore(server.Address, time: clock), MakeCore(server.Address, time: new SetClock()));
        await other.GroupAddAsync("room", "jobs");
        for (var i = 0; i < 2; i++) // the second time the group is known
        {
            clock.Ahead = TimeSpan.FromHours(2);
            await SendAsync(wasAhead, 1);
            clock.Ahead = TimeSpan.Zero;
            await SendAsync(other, 2);
            await SendAsync(wasAhead, 3);
            long[] received = [NumberOf(await NextAsync(other, "jobs")), NumberOf(await NextAsync(other, "jobs")), NumberOf(await NextAsync(other, "jobs"))];
            Assert.That(received, Is.EquivalentTo([1, 2, 3]));
        }

        ValueTask SendAsync(IChannelLayer layer, int number) => toGroup ? layer.GroupSendAsync("room", Numbered(number)) : layer.SendAsync("jobs", Numbered(number));
    }

    /// <summary>Stands still, right or ahead of that.</summary>
    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_900_000_000) + Ahead;
    }
}
