using Channels.Testing;

namespace Channels.Tests.History;

/// <summary>What the history in memory keeps, and when it forgets.</summary>
public sealed class InMemoryHistoryTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryChannelLayer _layer = new();

    [Test]
    public async Task Messages_go_when_they_are_too_old()
    {
        var history = new InMemoryHistory(_layer, new() { MaxAge = TimeSpan.FromMinutes(10) }, _clock);
        var first = await history.AppendAsync("room", new("test.one"));
        _clock.Advance(TimeSpan.FromMinutes(6));
        await history.AppendAsync("room", new("test.two"));
        _clock.Advance(TimeSpan.FromMinutes(6));
        var page = await history.ReadAsync("room", HistoryPosition.Oldest);
        Assert.That(page.Messages.Select(message => message.Type), Is.EqualTo(new[] { "test.two" }));
        Assert.That((await history.ReadAsync("room", first)).Gone, Is.False);
        Assert.That((await history.ReadAsync("room", first with { Offset = 0 })).Gone, Is.True);
        _clock.Advance(TimeSpan.FromMinutes(6));
        var nothing = await history.ReadAsync("room", page.Newest);
        Assert.That((nothing.Gone, nothing.Newest.Offset), Is.EqualTo((false, 2L)), "numbers go on though nothing is kept");
    }

    [Test]
    public async Task A_group_that_nobody_uses_is_forgotten_and_begins_another_epoch()
    {
        var history = new InMemoryHistory(_layer, new() { MaxAge = TimeSpan.FromMinutes(10) }, _clock);
        var old = await history.AppendAsync("quiet", new("test.one"));
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(5));
            await history.AppendAsync("busy", new("test.one"));
        }

        Assert.That(history.GroupCount, Is.EqualTo(1));
        var page = await history.ReadAsync("quiet", old);
        Assert.That((page.Gone, page.Newest.Offset), Is.EqualTo((true, 0L)));
        Assert.That(page.Newest.Epoch, Is.Not.EqualTo(old.Epoch));
    }

    [Test]
    public async Task When_all_groups_together_hold_too_much_those_not_used_for_longest_are_forgotten()
    {
        var history = new InMemoryHistory(_layer, new() { MaxTotalBytes = 65_536 }, _clock);
        for (var i = 0; i < 100; i++)
        {
            await history.AppendAsync($"group.{i}", new("test.large", new() { ["bytes"] = new byte[10_000] }));
            _clock.Advance(TimeSpan.FromSeconds(1));
            await history.ReadAsync("group.0", HistoryPosition.Oldest);
        }

        Assert.That(history.GroupCount, Is.InRange(4, 7));
        Assert.That((await history.ReadAsync("group.0", HistoryPosition.Oldest)).Messages, Has.Count.EqualTo(1), "used all the time");
        Assert.That((await history.ReadAsync("group.99", HistoryPosition.Oldest)).Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_ring_gives_the_right_messages_wherever_it_begins()
    {
        var history = new InMemoryHistory(_layer, new() { MaxMessages = 13 }, _clock);
        for (var n = 1; n <= 100; n++)
        {
            await history.AppendAsync("room", new("test.numbered", new() { ["n"] = n }));
            var page = await history.ReadAsync("room", HistoryPosition.Oldest, max: 5);
            var first = Math.Max(1, n - 12);
            Assert.That(page.Messages.Select(message => message.Fields["n"].GetInt64()), Is.EqualTo(Enumerable.Range(first, Math.Min(5, n - first + 1))));
        }
    }
}
