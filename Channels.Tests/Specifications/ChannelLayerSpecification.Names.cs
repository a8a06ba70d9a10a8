using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    private static readonly string?[] NeverNames =
        [null, "", " ", "a b", "a?b", "a*", "[a]", "{a}", "a:b", "a/b", "a\n", "\0", "é", "٣", "a\u200b", "!b", "a!b!c", new string('a', 100), new string('a', 400)];

    [TestCaseSource(nameof(NeverNames))]
    [Proves("SEC-51")]
    public async Task Bad_names_are_refused_at_every_entry(string? name)
    {
        var layer = await MakeAsync();
        var message = new ChannelMessage("test");
        Assert.That(async () => await layer.SendAsync(name!, message), Refused("channel"));
        Assert.That(async () => await layer.ReceiveAsync(name!), Refused("channel"));
        Assert.That(async () => await layer.GroupAddAsync("group", name!), Refused("channel"));
        Assert.That(async () => await layer.GroupDiscardAsync("group", name!), Refused("channel"));
        Assert.That(async () => await layer.GroupAddAsync(name!, "channel"), Refused("group"));
        Assert.That(async () => await layer.GroupDiscardAsync(name!, "channel"), Refused("group"));
        Assert.That(async () => await layer.GroupSendAsync(name!, message), Refused("group"));
        Assert.That(async () => await layer.NewChannelAsync(name!), Throws.InstanceOf<ArgumentException>());
    }

    [TestCase("a!b")]
    [TestCase("a!")]
    [Proves("C-LAYER-04")]
    public async Task Process_names_are_no_group_names(string name)
    {
        var layer = await MakeAsync();
        Assert.That(async () => await layer.GroupSendAsync(name, new ChannelMessage("test")), Refused("group"));
        Assert.That(async () => await layer.GroupAddAsync(name, "channel"), Refused("group"));
    }

    [Test]
    [Proves("C-LAYER-03")]
    public async Task Names_of_99_characters_work()
    {
        var layer = await MakeAsync();
        var group = new string('g', 99);
        var inbox = await OpenMemberAsync(layer, group);
        await layer.GroupSendAsync(group, Numbered(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_null_message_is_refused()
    {
        var layer = await MakeAsync();
        Assert.That(async () => await layer.SendAsync("channel", null!), Throws.ArgumentNullException);
        Assert.That(async () => await layer.GroupSendAsync("group", null!), Throws.ArgumentNullException);
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused(string kind) =>
        Throws.InstanceOf<ArgumentException>().With.Message.Contains($"valid {kind} name"); // C-LAYER-02: the text names the kind
}
