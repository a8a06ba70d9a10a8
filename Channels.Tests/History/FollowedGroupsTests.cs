using Channels.Tests.Support;

namespace Channels.Tests.History;

/// <summary>Which of its groups a consumer follows, and from where.</summary>
public sealed class FollowedGroupsTests
{
    private readonly FollowedGroups _followed = new("own");

    [Test]
    public void Each_group_has_the_cursor_that_was_set_last()
    {
        var (tea, cake, laterTea) = (new GroupCursor("tea"), new GroupCursor("cake"), new GroupCursor("tea"));
        _followed.Set(tea);
        _followed.Set(cake);
        _followed.Set(laterTea);

        Assert.That(_followed.Find("tea"), Is.SameAs(laterTea));
        Assert.That(_followed.Find("cake"), Is.SameAs(cake));
        Assert.That(_followed.Find("milk"), Is.Null);
        Assert.That(_followed.Has(tea), Is.False);
        Assert.That(_followed.Has(laterTea), Is.True);
    }

    [TestCase("a")]
    [TestCase("b")]
    [TestCase("c")]
    public void A_group_that_is_left_is_found_no_more_and_the_others_are(string left)
    {
        foreach (var group in new[] { "a", "b", "c" })
        {
            _followed.Set(new GroupCursor(group));
        }

        _followed.Remove("d");
        _followed.Remove(left);
        Assert.That(new[] { "a", "b", "c" }.Where(group => _followed.Find(group) is not null), Is.EqualTo(new[] { "a", "b", "c" }.Except([left])));
        _followed.Set(new GroupCursor(left));
        Assert.That(_followed.Find(left), Is.Not.Null);
    }

    [Test]
    [Proves("FG-8")]
    public void However_many_groups_are_followed_none_is_looked_for_behind_more_than_a_few_others()
    {
        GroupCursor[] cursors = [.. Enumerable.Range(0, 1_000).Select(i => new GroupCursor($"g{i}"))];
        Array.ForEach(cursors, _followed.Set);
        var later = new GroupCursor("g500");
        _followed.Set(later);

        Assert.That(cursors.Max(cursor => Count(cursor, static at => at.Next)), Is.LessThan(10));
        Assert.That(cursors.Select(cursor => _followed.Has(cursor)), Is.EqualTo(cursors.Select(cursor => cursor.Group != "g500")));
        Assert.That(_followed.Has(later), Is.True);
        Array.ForEach(cursors, cursor => _followed.Remove(cursor.Group));
        Assert.That(cursors.Select(cursor => _followed.Find(cursor.Group)), Is.All.Null);
    }

    [Test]
    [Proves("FG-8")]
    public void However_many_groups_are_followed_only_those_are_looked_into_that_may_lack_something()
    {
        GroupCursor[] cursors = [.. Enumerable.Range(0, 1_000).Select(i => new GroupCursor($"g{i}"))];
        Array.ForEach(cursors, _followed.Set);
        cursors[500].Doubt(); // it joins still
        cursors[700].Begin(new("e", 3), []);
        cursors[600].Begin(new("e", 3), []);
        _followed.Remove("g600");

        Assert.That(_followed.FindBehind(), Is.SameAs(cursors[700]));
        Assert.That(Count(cursors[700], static at => at.NextReported), Is.EqualTo(2));
        CatchUp(cursors[700]);
        Assert.That(_followed.NeedsReader, Is.False);
        Assert.That(cursors.Select(cursor => cursor.NextReported), Is.All.Null, "none keeps another that was left");
        cursors[500].Begin(new("e", 3), []);
        Assert.That(_followed.FindBehind(), Is.SameAs(cursors[500]), "it was looked at too early, and again");
    }

    [Test]
    public async Task What_others_doubt_while_the_reader_looks_is_looked_into()
    {
        GroupCursor[] cursors = [.. Enumerable.Range(0, 20).Select(i => new GroupCursor($"g{i}"))];
        foreach (var cursor in cursors)
        {
            _followed.Set(cursor);
            cursor.Begin(new("e", 3), []);
        }

        var doubting = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 200_000; i++)
            {
                cursors[i % cursors.Length].Doubt();
            }
        })));
        for (var isLast = false; !isLast;)
        {
            isLast = doubting.IsCompleted;
            while (_followed.FindBehind() is { } cursor)
            {
                CatchUp(cursor);
            }
        }

        await doubting;
        Assert.That(cursors.Select(cursor => cursor.NeedsReader), Is.All.False);
    }

    [Test]
    public void A_cursor_behind_another_one_is_found_by_whoever_catches_up()
    {
        var behind = new GroupCursor("tea");
        _followed.Set(behind);
        _followed.Set(new GroupCursor("cake"));
        Assert.That(_followed.NeedsReader, Is.False);
        behind.Begin(new HistoryPosition("e", 3), []);
        Assert.That(_followed.FindBehind(), Is.SameAs(behind));
        Assert.That(behind.Last, Is.EqualTo(new HistoryPosition("e", 3)));
    }

    private static int Count(GroupCursor first, Func<GroupCursor, GroupCursor?> next)
    {
        var count = 0;
        for (var cursor = first; cursor is not null; cursor = next(cursor))
        {
            count++;
        }

        return count;
    }

    private static void CatchUp(GroupCursor cursor)
    {
        do
        {
            cursor.CatchUp();
            cursor.BeginReading();
        }
        while (!cursor.TryGoLive());
    }
}
