using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    [Test]
    [Proves("C-LAYER-18")]
    public async Task A_group_message_reaches_every_member_once()
    {
        var layer = await MakeAsync();
        var peer = await MakePeerAsync(layer);
        var members = new List<ChannelInbox>();
        for (var i = 0; i < 20; i++)
        {
            members.Add(await OpenMemberAsync(i % 2 == 0 ? layer : peer, "room"));
        }

        await layer.GroupSendAsync("room", Numbered(7));
        foreach (var member in members)
        {
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(7));
        }

        foreach (var member in members)
        {
            await AssertNothingAsync(layer, member);
        }
    }

    [Test]
    [Needs(LayerCapabilities.Members)]
    public async Task Members_of_all_processes_are_counted_and_listed()
    {
        const int count = 1_200; // several pages
        var layer = await MakeAsync();
        var peer = await MakePeerAsync(layer);
        Assert.That(layer.Features.HasFlag(ChannelLayerFeatures.Members), Is.True);
        var members = new List<string>();
        for (var i = 0; i < count; i++)
        {
            members.Add((await OpenMemberAsync(i % 2 == 0 ? layer : peer, "room")).Name);
        }

        await layer.GroupAddAsync("room", "some-worker");
        await layer.GroupDiscardAsync("room", members[0]);
        await OpenMemberAsync(layer, "elsewhere");
        Assert.That(await peer.GroupCountAsync("room"), Is.EqualTo(count));
        Assert.That(await peer.GroupMembersAsync("room").ToListAsync(), Is.EquivalentTo(members.Skip(1).Append("some-worker")));
        Assert.That((await layer.GroupCountAsync("empty"), await layer.GroupMembersAsync("empty").CountAsync()), Is.EqualTo((0, 0)));
        Assert.That(async () => await layer.GroupCountAsync("no group"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => layer.GroupMembersAsync("no group"), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task A_layer_that_does_not_know_its_members_says_so()
    {
        var layer = await MakeAsync();
        if (layer.Features.HasFlag(ChannelLayerFeatures.Members))
        {
            Assert.That(await layer.GroupCountAsync("room"), Is.Zero);
            return;
        }

        Assert.That(async () => await layer.GroupCountAsync("room"), Throws.TypeOf<NotSupportedException>().With.Message.Contains("Members"));
        Assert.That(() => layer.GroupMembersAsync("room"), Throws.TypeOf<NotSupportedException>());
    }

    [Test]
    [Proves("C-LAYER-18", "FC-12")]
    public async Task Group_and_direct_messages_of_one_sender_in_turn_come_in_the_order_of_sending()
    {
        const int count = 300;
        var layer = await MakeAsync(new() { Capacity = 2 * count });
        var peer = await MakePeerAsync(layer);
        var inbox = await OpenMemberAsync(layer, "room");
        var other = await OpenMemberAsync(layer, "elsewhere");
        await layer.GroupAddAsync("elsewhere", inbox.Name);
        for (var i = 0; i < count; i++)
        {
            await (i % 3 == 0 ? peer.GroupSendAsync("room", Numbered(i)) : i % 3 == 1 ? peer.SendAsync(inbox.Name, Numbered(i)) : peer.GroupSendAsync("elsewhere", Numbered(i)));
        }

        for (var i = 0; i < count; i++)
        {
            Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(i));
        }

        Assert.That(NumberOf(await NextAsync(other)), Is.EqualTo(2));
    }

    [Test]
    public async Task Who_is_excepted_skips_the_message_wherever_its_process_is()
    {
        var layer = await MakeAsync();
        var peer = await MakePeerAsync(layer);
        var members = new[] { await OpenMemberAsync(layer, "room"), await OpenMemberAsync(peer, "room"), await OpenMemberAsync(layer, "room"), await OpenMemberAsync(peer, "room") };
        await layer.GroupSendAsync("room", Numbered(1) with { Except = [members[0].Name, members[1].Name] });
        await layer.GroupSendAsync("room", Numbered(2));
        Assert.That(NumberOf(await NextAsync(members[0])), Is.EqualTo(2));
        Assert.That(NumberOf(await NextAsync(members[1])), Is.EqualTo(2));
        Assert.That(new[] { NumberOf(await NextAsync(members[2])), NumberOf(await NextAsync(members[2])) }, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(new[] { NumberOf(await NextAsync(members[3])), NumberOf(await NextAsync(members[3])) }, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    [Proves("C-MEM-06")]
    public async Task Discarded_members_get_nothing_and_others_do()
    {
        var layer = await MakeAsync();
        var (stays, leaves) = (await OpenMemberAsync(layer, "room"), await OpenMemberAsync(layer, "room"));
        await layer.GroupDiscardAsync("room", leaves.Name);
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(stays)), Is.EqualTo(1));
        await AssertNothingAsync(layer, leaves);
    }

    [Test]
    [Proves("C-LAYER-13")]
    public async Task Adding_twice_and_discarding_a_stranger_are_harmless()
    {
        var layer = await MakeAsync();
        var (member, stranger) = (await OpenAsync(layer), await OpenAsync(layer));
        await layer.GroupDiscardAsync("room", member.Name);
        await layer.GroupAddAsync("room", member.Name);
        await layer.GroupAddAsync("room", member.Name);
        await layer.GroupDiscardAsync("room", stranger.Name);
        await layer.GroupDiscardAsync("other", member.Name);
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
        await AssertNothingAsync(layer, member);
        await layer.GroupDiscardAsync("room", member.Name);
        await layer.GroupSendAsync("room", Numbered(2));
        await AssertNothingAsync(layer, member);
    }

    [Test]
    public async Task Groups_do_not_mix()
    {
        var layer = await MakeAsync();
        var (a, b, both) = (await OpenMemberAsync(layer, "a"), await OpenMemberAsync(layer, "b"), await OpenMemberAsync(layer, "a"));
        await layer.GroupAddAsync("b", both.Name);
        await layer.GroupSendAsync("a", Numbered(1));
        await layer.GroupSendAsync("b", Numbered(2));
        Assert.That(NumberOf(await NextAsync(a)), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(b)), Is.EqualTo(2));
        Assert.That(new[] { NumberOf(await NextAsync(both)), NumberOf(await NextAsync(both)) }, Is.EquivalentTo(new[] { 1, 2 }));
        await AssertNothingAsync(layer, a);
        await AssertNothingAsync(layer, b);
    }

    [Test]
    public async Task A_group_without_members_is_no_error()
    {
        var layer = await MakeAsync();
        await layer.GroupSendAsync("nobody", Numbered(1));
        var late = await OpenMemberAsync(layer, "nobody");
        await AssertNothingAsync(layer, late);
    }

    [Test]
    public async Task Closing_an_inbox_leaves_its_groups()
    {
        var layer = await MakeAsync();
        var (stays, closes) = (await OpenMemberAsync(layer, "room"), await OpenMemberAsync(layer, "room"));
        await layer.GroupAddAsync("second", closes.Name);
        await closes.DisposeAsync();
        await layer.GroupSendAsync("room", Numbered(1));
        await layer.GroupSendAsync("second", Numbered(2));
        Assert.That(NumberOf(await NextAsync(stays)), Is.EqualTo(1));
    }

    [Test]
    public async Task Members_may_leave_and_come_back()
    {
        var layer = await MakeAsync();
        var member = await OpenAsync(layer);
        for (var i = 0; i < 20; i++)
        {
            await layer.GroupAddAsync("room", member.Name);
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
            await layer.GroupDiscardAsync("room", member.Name);
            await layer.GroupSendAsync("room", Numbered(-1));
        }

        await AssertNothingAsync(layer, member);
    }

    [Test]
    public async Task A_channel_may_be_in_many_groups()
    {
        var layer = await MakeAsync(new() { Capacity = 1000 });
        var member = await OpenAsync(layer);
        for (var i = 0; i < 100; i++)
        {
            await layer.GroupAddAsync($"room-{i}", member.Name);
        }

        for (var i = 0; i < 100; i += 2)
        {
            await layer.GroupDiscardAsync($"room-{i}", member.Name);
        }

        for (var i = 0; i < 100; i++)
        {
            await layer.GroupSendAsync($"room-{i}", Numbered(i));
        }

        var received = new List<long>();
        for (var i = 0; i < 50; i++)
        {
            received.Add(NumberOf(await NextAsync(member)));
        }

        Assert.That(received, Is.EquivalentTo(Enumerable.Range(0, 50).Select(i => 2L * i + 1)));
        await AssertNothingAsync(layer, member);
    }

    [Test]
    public async Task Group_messages_of_one_sender_come_in_order()
    {
        var layer = await MakeAsync(new() { Capacity = 2000 });
        var members = new[] { await OpenMemberAsync(layer, "room"), await OpenMemberAsync(layer, "room") };
        for (var i = 0; i < 1000; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
        }

        foreach (var member in members)
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
            }
        }
    }

    [Test]
    [Needs(LayerCapabilities.SharedMembers)]
    public async Task A_normal_channel_can_be_a_member()
    {
        var layer = await MakeAsync();
        await layer.GroupAddAsync("jobs", "worker");
        await layer.GroupAddAsync("jobs", "worker");
        await layer.GroupSendAsync("jobs", Numbered(1));
        Assert.That(NumberOf(await NextAsync(layer, "worker")), Is.EqualTo(1));
        await AssertNothingAsync(layer, "worker");
        await layer.GroupDiscardAsync("jobs", "worker");
        await layer.GroupSendAsync("jobs", Numbered(2));
        await AssertNothingAsync(layer, "worker");
    }

    [Test]
    public async Task Flush_empties_channels_and_groups_and_leaves_inboxes_open()
    {
        var layer = await MakeAsync();
        var member = await OpenMemberAsync(layer, "room");
        await layer.SendAsync(member.Name, Numbered(1));
        await layer.FlushAsync();
        await layer.GroupSendAsync("room", Numbered(2));
        await layer.GroupAddAsync("room", member.Name);
        await layer.GroupSendAsync("room", Numbered(3));
        var first = NumberOf(await NextAsync(member));
        Assert.That(first == 1 ? NumberOf(await NextAsync(member)) : first, Is.EqualTo(3), "what had reached the inbox before may stay; the group is empty");
    }
}
