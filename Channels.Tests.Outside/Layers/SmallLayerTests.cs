using Channels;

namespace Outside.Layers;

/// <summary>A layer that somebody else makes behaves like ours.</summary>
public sealed class SmallLayerTests
{
    private readonly SmallLayer _layer = new(capacity: 2);

    [Test]
    public async Task A_direct_message_reaches_its_channel()
    {
        await using var inbox = await _layer.NewChannelAsync("mine");
        await _layer.SendAsync(inbox.Name, new ChannelMessage("one"));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("one"));
        Assert.That(inbox.Name, Does.StartWith("mine.small!"));
    }

    [Test]
    public async Task A_shared_channel_keeps_its_messages_until_somebody_reads()
    {
        await _layer.SendAsync("jobs", new ChannelMessage("one"));
        Assert.That((await _layer.ReceiveAsync("jobs")).Type, Is.EqualTo("one"));
    }

    [Test]
    public async Task A_group_message_reaches_all_members_but_the_excepted_and_those_who_left()
    {
        await using var first = await _layer.NewChannelAsync();
        await using var second = await _layer.NewChannelAsync();
        await using var third = await _layer.NewChannelAsync();
        foreach (var member in new[] { first, second, third })
        {
            await _layer.GroupAddAsync("room", member.Name);
        }

        await _layer.GroupDiscardAsync("room", third.Name);
        var message = new ChannelMessage("hello") { Except = [first.Name] };
        await _layer.GroupSendAsync("room", message);
        Assert.That(await second.ReceiveAsync(), Is.SameAs(message), "within a process nothing is copied");
        Assert.That((first.Count, third.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_closed_channel_leaves_its_groups_and_a_message_for_it_is_dropped()
    {
        var inbox = await _layer.NewChannelAsync();
        await _layer.GroupAddAsync("room", inbox.Name);
        await inbox.DisposeAsync();
        Assert.That(_layer.Groups, Is.Empty);
        Assert.That(async () => await _layer.SendAsync(inbox.Name, new ChannelMessage("late")), Throws.Nothing);
        Assert.That(async () => await inbox.ReceiveAsync(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_full_channel_refuses_its_sender_and_misses_what_its_group_is_sent()
    {
        await using var inbox = await _layer.NewChannelAsync();
        await _layer.GroupAddAsync("room", inbox.Name);
        await _layer.SendAsync(inbox.Name, new ChannelMessage("one"));
        await _layer.SendAsync(inbox.Name, new ChannelMessage("two"));
        Assert.That(async () => await _layer.SendAsync(inbox.Name, new ChannelMessage("three")), Throws.TypeOf<ChannelFullException>());
        await _layer.GroupSendAsync("room", new ChannelMessage("four"));
        Assert.That(inbox.Count, Is.EqualTo(2));
    }
}
