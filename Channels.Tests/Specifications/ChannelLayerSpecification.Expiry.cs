using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    [Needs(LayerCapabilities.ExactExpiry | LayerCapabilities.Waits)]
    [Proves("C-MEM-09", "REL-07")]
    public async Task Only_what_is_too_old_is_dropped()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, Expiry = 10 * Second });
        var inbox = await OpenAsync(layer);
        foreach (var channel in new[] { "jobs", inbox.Name })
        {
            await layer.SendAsync(channel, Numbered(1));
            clock.Advance(6 * Second);
            await layer.SendAsync(channel, Numbered(2));
            clock.Advance(4 * Second);
            Assert.That(NumberOf(channel == "jobs" ? await NextAsync(layer, channel) : await NextAsync(inbox)), Is.EqualTo(2));
        }
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry | LayerCapabilities.Waits)]
    [Proves("C-MEM-07")]
    public async Task A_receiver_waits_past_an_expired_message()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, Expiry = 10 * Second });
        await layer.SendAsync("jobs", Numbered(1));
        clock.Advance(10 * Second);
        var waiting = NextAsync(layer, "jobs");
        Assert.That(waiting.IsCompleted, Is.False);
        await layer.SendAsync("jobs", Numbered(2));
        Assert.That(NumberOf(await waiting), Is.EqualTo(2));
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry)]
    public async Task A_message_one_tick_younger_than_the_expiry_is_delivered()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, Expiry = 10 * Second });
        var inbox = await OpenMemberAsync(layer, "room");
        await layer.GroupSendAsync("room", Numbered(1));
        clock.Advance(10 * Second - TimeSpan.FromTicks(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry | LayerCapabilities.InboxRefuses)]
    public async Task Expired_messages_make_room()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, Expiry = 10 * Second, Capacity = 2 });
        var inbox = await OpenMemberAsync(layer, "room");
        foreach (var channel in new[] { "jobs", inbox.Name })
        {
            await layer.SendAsync(channel, Numbered(1));
            await layer.SendAsync(channel, Numbered(2));
            clock.Advance(10 * Second);
            await layer.SendAsync(channel, Numbered(3));
        }

        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(3));
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry)]
    [Proves("REL-08")]
    public async Task An_expired_message_ends_no_membership_of_a_live_channel()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, Expiry = 10 * Second });
        var inbox = await OpenMemberAsync(layer, "room");
        await layer.GroupSendAsync("room", Numbered(1));
        clock.Advance(60 * Second);
        await layer.GroupSendAsync("room", Numbered(2));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(2));
        await layer.GroupSendAsync("room", Numbered(3));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(3));
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry)]
    [Proves("REL-09")]
    public async Task A_live_channel_keeps_its_memberships_past_the_group_expiry()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, GroupExpiry = 100 * Second });
        var inbox = await OpenMemberAsync(layer, "room");
        for (var i = 0; i < 30; i++)
        {
            clock.Advance(10 * Second); // 3 times the expiry in all
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(i));
        }
    }

    [Test]
    [Needs(LayerCapabilities.ExactExpiry | LayerCapabilities.SharedMembers)]
    [Proves("C-MEM-13")]
    public async Task A_membership_nobody_holds_open_ends_unless_it_is_refreshed()
    {
        var clock = new ManualTimeProvider();
        var layer = await MakeAsync(new() { Time = clock, GroupExpiry = 100 * Second });
        await layer.GroupAddAsync("room", "fresh");
        await layer.GroupAddAsync("room", "stale");
        clock.Advance(60 * Second);
        await layer.GroupAddAsync("room", "fresh");
        clock.Advance(40 * Second);
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(layer, "fresh")), Is.EqualTo(1));
        await AssertNothingAsync(layer, "stale");
        clock.Advance(60 * Second);
        await layer.GroupSendAsync("room", Numbered(2));
        await AssertNothingAsync(layer, "fresh");
    }
}
