using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Names that strangers choose, such as a room from an address, stay within what the application meant.</summary>
public sealed class KeySpaceTests
{
    // What a group may be called at all and what looks like something else's key.
    private static readonly string[] Names = ["room", "group.room", "process", "wake", "history", "room.head", "__group__room", "__process__room", "specific.0", "asgi", "other", "-", "_", "..", "1"];

    [TestCase(false)]
    [TestCase(true)]
    [Proves("SEC-52")]
    public void No_name_of_a_group_leads_to_another_groups_keys_to_an_inbox_or_to_another_prefix(bool sharded)
    {
        var (own, others) = (new WireNames("asgi", sharded), new WireNames("asgi:other", sharded));
        var ofGroups = Names.SelectMany(name => OfGroup(own, name)).ToList();
        var elsewhere = Names.SelectMany(name => OfGroup(others, name))
            .Concat(Names.SelectMany(name => new[] { own.InboxKey(name), own.InboxKey(name + "!"), own.ProcessKey(name), own.WakeKey(name), own.ProcessChannel(name) }));

        Assert.That(Names, Has.All.Matches<string>(ChannelNames.IsGroup));
        Assert.That(ofGroups, Is.Unique);
        Assert.That(ofGroups.Where(key => !key.Contains("__", StringComparison.Ordinal)).Intersect(elsewhere), Is.Empty);
    }

    [TestCase("room:other")]
    [TestCase("room/../other")]
    [TestCase("{room}")]
    [TestCase("specific.0!room")]
    [TestCase("room other")]
    [TestCase("room\r\nDEL other")]
    [Proves("SEC-52")]
    public void What_could_leave_a_groups_key_is_no_name(string name) =>
        Assert.That(() => ChannelNames.ThrowIfNotGroup(name), Throws.InstanceOf<ArgumentException>());

    // Keys, and channels: those are another space of names in Redis, in which only groups and processes are.
    private static string[] OfGroup(WireNames names, string group) =>
        [names.GroupKey(group), names.HistoryKeys(group).Log, names.HistoryKeys(group).Head, names.GroupChannel(group)];
}
