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
}
