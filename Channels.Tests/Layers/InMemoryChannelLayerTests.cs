using Channels.Tests.Support;

namespace Channels.Tests.Layers;

/// <summary>What only the in-memory layer promises: shared instances, tables that stay empty, no copies.</summary>
public sealed class InMemoryChannelLayerTests
{
    private static readonly ChannelMessage Message = new("test");

    [Test]
    public async Task All_receivers_share_the_one_instance_that_was_sent()
    {
        var layer = new InMemoryChannelLayer();
        await using var first = await layer.NewChannelAsync();
        await using var second = await layer.NewChannelAsync();
        await layer.GroupAddAsync("room", first.Name);
        await layer.GroupAddAsync("room", second.Name);
        await layer.GroupSendAsync("room", Message);
        Assert.That(first.TryTake(out var one) && second.TryTake(out var two) && ReferenceEquals(one, two) && ReferenceEquals(one, Message));
    }

    [Test]
    [Proves("C-MEM-11", "REL-15")]
    public void What_was_sent_cannot_change_afterwards()
    {
        var inner = new MessageMap { ["x"] = 1 };
        var fields = new MessageMap { ["inner"] = inner };
        _ = new ChannelMessage("test", fields);
        Assert.That(() => fields["new"] = 1, Throws.InvalidOperationException);
        Assert.That(() => inner["x"] = 2, Throws.InvalidOperationException);
    }

    [Test]
    [Proves("C-MEM-02", "C-MEM-07")]
    public async Task A_queue_exists_only_while_something_waits_in_it()
    {
        using var probe = new LayerProbe();
        await probe.Layer.SendAsync("jobs", Message);
        await probe.Layer.SendAsync("jobs", Message);
        await probe.Layer.ReceiveAsync("jobs");
        Assert.That(probe.Layer.QueueCount, Is.EqualTo(1));
        await probe.Layer.ReceiveAsync("jobs");
        Assert.That(probe.Layer.QueueCount, Is.Zero);
        using var impatience = new CancellationTokenSource();
        var waiting = probe.Layer.ReceiveAsync("jobs", impatience.Token);
        Assert.That(probe.Layer.QueueCount, Is.EqualTo(1));
        await impatience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(probe.Layer.QueueCount, Is.Zero);
    }

    [Test]
    [Proves("C-MEM-08")]
    public async Task Waiting_on_another_channel_clears_what_has_expired()
    {
        using var probe = new LayerProbe();
        await probe.Layer.SendAsync("unread", Message);
        probe.Clock.Advance(TimeSpan.FromSeconds(61));
        using var impatience = new CancellationTokenSource();
        var waiting = probe.Layer.ReceiveAsync("jobs", impatience.Token);
        Assert.That(probe.Layer.QueueCount, Is.EqualTo(1), "only the queue of the receiver is left");
        Assert.That(probe.Dropped("expired"), Is.EqualTo(1));
        await impatience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Empty_groups_vanish()
    {
        using var probe = new LayerProbe(new() { GroupExpiry = TimeSpan.FromHours(1) });
        var layer = probe.Layer;
        var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync("left", inbox.Name);
        await layer.GroupAddAsync("closed", inbox.Name);
        await layer.GroupAddAsync("expired", "worker");
        Assert.That(layer.GroupCount, Is.EqualTo(3));
        await layer.GroupDiscardAsync("left", inbox.Name);
        Assert.That(layer.GroupCount, Is.EqualTo(2));
        await inbox.DisposeAsync();
        Assert.That(layer.GroupCount, Is.EqualTo(1));
        probe.Clock.Advance(TimeSpan.FromHours(1));
        await layer.SendAsync("jobs", Message);
        Assert.That(layer.GroupCount, Is.Zero, "nobody ever sends to it, and still it goes");
    }

    [Test]
    public async Task A_closed_channel_of_this_process_cannot_join_again()
    {
        var layer = new InMemoryChannelLayer();
        var inbox = await layer.NewChannelAsync();
        await inbox.DisposeAsync();
        await layer.GroupAddAsync("room", inbox.Name);
        Assert.That(layer.GroupCount, Is.Zero);
    }

    [Test]
    public async Task An_open_inbox_is_read_by_its_holder_only()
    {
        var layer = new InMemoryChannelLayer();
        await using var inbox = await layer.NewChannelAsync();
        Assert.That(async () => await layer.ReceiveAsync(inbox.Name), Throws.InvalidOperationException.With.Message.Contains(nameof(ChannelInbox)));
    }

    [Test]
    public async Task Flush_keeps_waiting_receivers_and_open_inboxes()
    {
        var layer = new InMemoryChannelLayer();
        await using var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync("room", inbox.Name);
        await layer.SendAsync(inbox.Name, Message);
        await layer.SendAsync("unread", Message);
        var waiting = layer.ReceiveAsync("jobs");
        await layer.FlushAsync();
        Assert.That((inbox.Count, layer.GroupCount, layer.QueueCount), Is.EqualTo((0, 0, 1)));
        await layer.SendAsync("jobs", Message);
        Assert.That(await waiting, Is.SameAs(Message));
        await layer.SendAsync(inbox.Name, Message);
        Assert.That(inbox.TryTake(out _));
    }

    [Test]
    public async Task Two_layers_are_isolated()
    {
        var (one, other) = (new InMemoryChannelLayer("one"), new InMemoryChannelLayer("other"));
        await using var inbox = await one.NewChannelAsync();
        await one.GroupAddAsync("room", inbox.Name);
        await other.GroupSendAsync("room", Message);
        await other.SendAsync(inbox.Name, Message);
        await other.SendAsync("jobs", Message);
        Assert.That((inbox.Count, one.QueueCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_waiting_receiver_is_served_even_when_the_channel_is_full_for_others()
    {
        var layer = new InMemoryChannelLayer("default", new InMemoryLayerOptions { Capacity = 1 });
        var waiting = layer.ReceiveAsync("p!x");
        await layer.SendAsync("p!y", Message);
        await layer.SendAsync("p!x", Message);
        Assert.That(await waiting, Is.SameAs(Message));
    }

    [Test]
    public void Wrong_options_are_refused_by_name()
    {
        Assert.That(() => new InMemoryChannelLayer("default", new InMemoryLayerOptions { Capacity = 0 }),
            Throws.ArgumentException.With.Message.Contains("Channels:Layers:default:Capacity must be at least 1, but is 0."));
    }
}
