namespace Channels.Tests.Layers;

/// <summary>What one broadcast sees while the group changes under it, step by step.</summary>
public sealed class ChannelGroupTests
{
    private readonly GroupTable _table = new();

    [Test]
    public void A_member_that_leaves_and_comes_back_during_a_broadcast_is_met_once()
    {
        Join("a", "b", "c");
        var broadcast = Group.Snapshot();
        Assert.That(Next(ref broadcast), Is.EqualTo("a"));
        Leave("a", "b");
        Join("a"); // takes the place of b, which the broadcast has not reached
        Assert.That(Rest(ref broadcast), Is.EqualTo(["c"]));
    }

    [Test]
    public void Who_leaves_during_a_broadcast_is_not_met_any_more_and_who_joins_not_yet()
    {
        Join("a", "b", "c");
        var broadcast = Group.Snapshot();
        Leave("b");
        Join("d", "e");
        Assert.That(Rest(ref broadcast), Is.EqualTo(["a", "c"]));
        Assert.That(All(), Is.EquivalentTo(["a", "c", "d", "e"]));
    }

    [Test]
    public void Everybody_who_stays_is_met_once_while_the_table_grows_and_compacts()
    {
        var crowd = Enumerable.Range(0, 1000).Select(i => $"m{i}").ToArray();
        Join(crowd);
        var broadcast = Group.Snapshot();
        Assert.That(Next(ref broadcast), Is.EqualTo("m0"));
        Join([.. Enumerable.Range(0, 5000).Select(i => $"late{i}")]);
        Leave([.. Enumerable.Range(0, 5000).Select(i => $"late{i}")]);
        Leave(crowd[..990]);
        Assert.That(Rest(ref broadcast), Is.EqualTo(crowd[990..]));
        Assert.That(All(), Is.EqualTo(crowd[990..]));
    }

    [Test]
    public void Slots_are_reused_and_a_shrunken_group_gives_its_memory_back()
    {
        Join([.. Enumerable.Range(0, 1000).Select(i => $"m{i}")]);
        Leave([.. Enumerable.Range(1, 999).Select(i => $"m{i}")]);
        Assert.That(Group.SlotCount, Is.LessThanOrEqualTo(64));
        for (var i = 0; i < 1000; i++)
        {
            Join("x");
            Leave("x");
        }

        Assert.That(Group.SlotCount, Is.LessThanOrEqualTo(64), "coming and going needs no new slots");
        Assert.That((Group.Count, All()[0]), Is.EqualTo((1, "m0")));
    }

    [Test]
    public void The_last_to_leave_takes_the_group_along()
    {
        Join("a");
        var group = Group;
        Leave("a");
        Assert.That(_table.GroupNames, Is.Empty);
        Join("a");
        Assert.That(Group, Is.Not.SameAs(group));
    }

    private ChannelGroup Group => _table.Find("g")!; // tests ask only while it has members

    private void Join(params string[] names)
    {
        foreach (var name in names)
        {
            _table.TryOpen(new Mailbox(name, MailboxSettings.WithoutLayer));
            _table.TryAddOpen("g", name);
        }
    }

    private void Leave(params string[] names)
    {
        foreach (var name in names)
        {
            _table.Discard("g", name);
        }
    }

    private List<string> All()
    {
        var broadcast = Group.Snapshot();
        return Rest(ref broadcast);
    }

    private static string Next(ref GroupSnapshot broadcast) => broadcast.MoveNext() ? broadcast.Current.Member.Name : "";

    private static List<string> Rest(ref GroupSnapshot broadcast)
    {
        var names = new List<string>();
        while (broadcast.MoveNext())
        {
            names.Add(broadcast.Current.Member.Name);
        }

        return names;
    }
}
