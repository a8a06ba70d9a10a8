using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    [Test]
    [Needs(LayerCapabilities.RefusesWhenFull | LayerCapabilities.Waits)]
    [Proves("C-MEM-04")]
    public async Task A_full_channel_refuses_direct_messages_and_stays_as_it_is()
    {
        var layer = await MakeAsync(new() { Capacity = 3 });
        for (var i = 0; i < 3; i++)
        {
            await layer.SendAsync("jobs", Numbered(i));
        }

        var error = Assert.ThrowsAsync<ChannelFullException>(async () => await layer.SendAsync("jobs", Numbered(99)));
        Assert.That(error!.Channel, Is.EqualTo("jobs"));
        Assert.That(error.Message, Does.Contain("3"));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(NumberOf(await NextAsync(layer, "jobs")), Is.EqualTo(i)); // REL-12: the queue is unchanged
        }

        await AssertNothingAsync(layer, "jobs");
    }

    [Test]
    [Needs(LayerCapabilities.InboxRefuses)]
    [Proves("REL-12")]
    public async Task A_full_inbox_refuses_direct_messages_and_stays_as_it_is()
    {
        var layer = await MakeAsync(new() { Capacity = 2 });
        var inbox = await OpenAsync(layer);
        await layer.SendAsync(inbox.Name, Numbered(1));
        await layer.SendAsync(inbox.Name, Numbered(2));
        Assert.That(async () => await layer.SendAsync(inbox.Name, Numbered(3)), Throws.InstanceOf<ChannelFullException>());
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(2));
        await AssertNothingAsync(layer, inbox);
    }

    [Test]
    [Proves("C-LAYER-12")]
    public async Task A_group_send_never_raises_full()
    {
        var layer = await MakeAsync(new() { Capacity = 3 });
        await OpenMemberAsync(layer, "room");
        for (var i = 0; i < 20; i++)
        {
            Assert.That(async () => await layer.GroupSendAsync("room", Numbered(i)), Throws.Nothing);
        }
    }

    [Test]
    [Needs(LayerCapabilities.InboxRefuses)]
    [Proves("C-LAYER-16")]
    public async Task A_full_member_is_skipped_while_others_receive()
    {
        var layer = await MakeAsync(new() { Capacity = 2 });
        var (slow, quick) = (await OpenMemberAsync(layer, "room"), await OpenMemberAsync(layer, "room"));
        for (var i = 0; i < 5; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(NumberOf(await NextAsync(quick)), Is.EqualTo(i));
        }

        Assert.That(NumberOf(await NextAsync(slow)), Is.Zero);
        Assert.That(NumberOf(await NextAsync(slow)), Is.EqualTo(1));
        await AssertNothingAsync(layer, slow);
    }

    [Test]
    [Needs(LayerCapabilities.RefusesWhenFull | LayerCapabilities.Waits)]
    [Proves("C-MEM-14", "C-LAYER-11")]
    public async Task The_first_matching_rule_sets_a_channels_capacity()
    {
        var layer = await MakeAsync(new()
        {
            Capacity = 5,
            ChannelCapacity = [new("thumb*", 2), ChannelCapacityRule.ForRegex("thumbnails|mail", 3), new("mail-?", 1)],
        });
        Assert.That(await RoomAsync(layer, "thumbnails"), Is.EqualTo(2), "the glob comes first");
        Assert.That(await RoomAsync(layer, "mail-x"), Is.EqualTo(3), "an expression matches from the start");
        Assert.That(await RoomAsync(layer, "my-thumb"), Is.EqualTo(5), "a glob matches the whole name");
        Assert.That(await RoomAsync(layer, "other"), Is.EqualTo(5));
    }

    [Test]
    [Needs(LayerCapabilities.ProcessParts | LayerCapabilities.RefusesWhenFull)]
    [Proves("REL-13")]
    public async Task Capacity_of_unopened_process_channels_is_shared_by_the_process_part()
    {
        var layer = await MakeAsync(new() { Capacity = 2 });
        await layer.SendAsync("p!x", Numbered(1));
        await layer.SendAsync("p!y", Numbered(2));
        Assert.That(async () => await layer.SendAsync("p!z", Numbered(3)), Throws.InstanceOf<ChannelFullException>());
        await layer.SendAsync("q!z", Numbered(4));
    }

    private static async Task<int> RoomAsync(IChannelLayer layer, string channel)
    {
        for (var sent = 0; ; sent++)
        {
            try
            {
                await layer.SendAsync(channel, Numbered(sent));
            }
            catch (ChannelFullException)
            {
                return sent;
            }
        }
    }
}
