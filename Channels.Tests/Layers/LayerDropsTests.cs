using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers;

/// <summary>What a layer drops is counted with its reason and logged once per episode.</summary>
public sealed class LayerDropsTests
{
    private static readonly ChannelMessage Message = new("test");

    [Test]
    [Proves("REL-11", "E-117")]
    public async Task A_group_send_delivers_to_all_but_the_dropped_and_counts_those()
    {
        using var probe = new LayerProbe(new() { Capacity = 1 });
        var members = new List<ChannelInbox>();
        for (var i = 0; i < 10; i++)
        {
            members.Add(await probe.Layer.NewChannelAsync());
            await probe.Layer.GroupAddAsync("room", members[i].Name);
        }

        foreach (var full in members.Take(3))
        {
            await probe.Layer.SendAsync(full.Name, Message);
        }

        await probe.Layer.GroupSendAsync("room", new ChannelMessage("group"));
        Assert.That(members.Count(m => m.TryTake(out var taken) && taken.Type == "group"), Is.EqualTo(7));
        Assert.That(probe.Dropped("capacity"), Is.EqualTo(3));
    }

    [Test]
    [Proves("F-18")]
    public async Task A_storm_over_capacity_loses_exactly_the_excess_and_logs_one_line()
    {
        using var probe = new LayerProbe(new() { Capacity = 100 });
        await using var inbox = await probe.Layer.NewChannelAsync();
        await probe.Layer.GroupAddAsync("room", inbox.Name);
        for (var i = 0; i < 1000; i++)
        {
            await probe.Layer.GroupSendAsync("room", Message);
        }

        var delivered = 0;
        while (inbox.TryTake(out _))
        {
            delivered++;
        }

        Assert.That(delivered, Is.EqualTo(100));
        Assert.That(probe.Dropped("capacity"), Is.EqualTo(900));
        var line = probe.Lines.Single();
        Assert.That((line.Id, line.Level), Is.EqualTo((3001, LogLevel.Warning)));
        Assert.That(line.Text, Does.Contain("1 of 1 members of group 'room'"));
    }

    [Test]
    public async Task A_new_episode_begins_after_a_quiet_minute()
    {
        using var probe = new LayerProbe(new() { Capacity = 1, Expiry = TimeSpan.FromHours(1) });
        await using var inbox = await probe.Layer.NewChannelAsync();
        await probe.Layer.GroupAddAsync("room", inbox.Name);
        await probe.Layer.GroupSendAsync("room", Message);
        for (var i = 0; i < 5; i++)
        {
            await probe.Layer.GroupSendAsync("room", Message);
            probe.Clock.Advance(TimeSpan.FromSeconds(59));
        }

        Assert.That(probe.Lines, Has.Count.EqualTo(1));
        probe.Clock.Advance(TimeSpan.FromSeconds(1));
        await probe.Layer.GroupSendAsync("room", Message);
        Assert.That(probe.Lines, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Expired_messages_are_counted_wherever_they_waited()
    {
        using var probe = new LayerProbe(new() { Expiry = TimeSpan.FromSeconds(10) });
        await using var inbox = await probe.Layer.NewChannelAsync();
        await probe.Layer.SendAsync(inbox.Name, Message);
        await probe.Layer.SendAsync("jobs", Message);
        await probe.Layer.SendAsync("jobs", Message);
        probe.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.That(inbox.TryTake(out _), Is.False);
        Assert.That(probe.Dropped("expired"), Is.EqualTo(1));
        await probe.Layer.SendAsync("other", Message); // C-MEM-08: any operation clears the others' expired messages in time
        Assert.That(probe.Dropped("expired"), Is.EqualTo(3));
        Assert.That(probe.Lines.Select(line => line.Id), Is.EqualTo([3002]));
    }

    [Test]
    public async Task A_message_for_a_closed_inbox_is_dropped_and_counted()
    {
        using var probe = new LayerProbe();
        var inbox = await probe.Layer.NewChannelAsync();
        await inbox.DisposeAsync();
        await probe.Layer.SendAsync(inbox.Name, Message);
        Assert.That(probe.Dropped("closed"), Is.EqualTo(1));
        Assert.That(probe.Layer.QueueCount, Is.Zero);
        Assert.That(probe.Lines.Single().Level, Is.EqualTo(LogLevel.Debug), "a socket that has just gone is nothing to worry about");
    }

    [Test]
    [Proves("E-118")]
    public async Task Sent_messages_are_counted_by_operation()
    {
        using var probe = new LayerProbe(alias: "presence");
        await probe.Layer.SendAsync("jobs", Message);
        await probe.Layer.GroupSendAsync("room", Message);
        await probe.Layer.GroupSendAsync("room", Message);
        Assert.That(probe.Sum("messaging.client.sent.messages", "channels.layer=presence messaging.operation.name=send messaging.system=channels"), Is.EqualTo(1));
        Assert.That(probe.Sum("messaging.client.sent.messages", "channels.layer=presence messaging.operation.name=group_send messaging.system=channels"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_refused_direct_message_is_the_senders_business_and_no_drop()
    {
        using var probe = new LayerProbe(new() { Capacity = 1 });
        await probe.Layer.SendAsync("jobs", Message);
        Assert.That(async () => await probe.Layer.SendAsync("jobs", Message), Throws.InstanceOf<ChannelFullException>());
        Assert.That(probe.Dropped("capacity"), Is.Zero);
        Assert.That(probe.Lines, Is.Empty);
    }
}
