using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Layers;

public sealed class ChannelInboxTests
{
    [Test]
    public void Order_holds_through_every_pattern_of_posting_and_taking()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (delivery, inbox) = Open(capacity: 0);
            var (posted, taken) = (0, 0);
            for (var i = 0; i < 500; i++)
            {
                if (random.Next(100) < (seed % 2 == 0 ? 55 : 45))
                {
                    delivery.Send("a", Numbered(posted++));
                }
                else if (inbox.TryTake(out var message))
                {
                    Assert.That(message.Type, Is.EqualTo($"n{taken++}"), $"seed {seed}");
                }

                Assert.That(inbox.Count, Is.EqualTo(posted - taken));
            }
        }
    }

    [Test]
    public async Task A_reader_that_found_nothing_is_woken_by_the_next_message()
    {
        var (delivery, inbox) = Open();
        var receiving = inbox.ReceiveAsync();
        Assert.That(receiving.IsCompleted, Is.False);
        delivery.Send("a", Numbered(1));
        delivery.Send("a", Numbered(2));
        Assert.That((await receiving).Type, Is.EqualTo("n1"));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("n2"));
    }

    [Test]
    public async Task No_wake_up_is_lost_between_many_posters_and_the_reader()
    {
        const int posters = 3;
        const int each = 20_000;
        var (delivery, inbox) = Open(capacity: 0);
        var posting = Enumerable.Range(0, posters).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                delivery.Send("a", Numbered(i));
            }
        })).ToArray();
        using var patience = new CancellationTokenSource(Eventually.Patience);
        for (var i = 0; i < posters * each; i++)
        {
            await inbox.ReceiveAsync(patience.Token);
        }

        await Task.WhenAll(posting);
        Assert.That(inbox.Count, Is.Zero);
    }

    [Test]
    public void A_full_inbox_refuses_by_default()
    {
        var (delivery, inbox) = Open(capacity: 2);
        Assert.That(new[] { delivery.Send("a", Numbered(1)), delivery.Send("a", Numbered(2)), delivery.Send("a", Numbered(3)) },
            Is.EqualTo([InboxPostResult.Posted, InboxPostResult.Posted, InboxPostResult.Full]));
        Assert.That(Drain(inbox), Is.EqualTo(["n1", "n2"]));
    }

    [Test]
    [Proves("C-LAYER-17")]
    public void An_inbox_that_drops_the_oldest_keeps_the_newest()
    {
        var (delivery, inbox) = Open(new() { FullMode = InboxFullMode.DropOldest }, capacity: 3);
        var results = Enumerable.Range(0, 10).Select(i => delivery.Send("a", Numbered(i))).ToList();
        Assert.That(results.Count(r => r == InboxPostResult.PostedDroppingOldest), Is.EqualTo(7));
        Assert.That(Drain(inbox), Is.EqualTo(["n7", "n8", "n9"]));
    }

    [Test]
    public void Expired_messages_are_skipped_counted_and_make_room()
    {
        var clock = new ManualTimeProvider();
        var expired = 0;
        var (delivery, inbox) = Open(new() { Time = clock, OnExpired = () => expired++ }, capacity: 2);
        delivery.Send("a", Numbered(1), expiresAt: 10);
        delivery.Send("a", Numbered(2), expiresAt: 20);
        clock.Advance(TimeSpan.FromTicks(10));
        Assert.That(delivery.Send("a", Numbered(3), expiresAt: 100), Is.EqualTo(InboxPostResult.Posted));
        Assert.That(delivery.Send("a", Numbered(4), expiresAt: 100), Is.EqualTo(InboxPostResult.Full));
        clock.Advance(TimeSpan.FromTicks(10));
        Assert.That(Drain(inbox), Is.EqualTo(["n3"]));
        Assert.That(expired, Is.EqualTo(2));
    }

    [Test]
    public async Task A_closed_inbox_refuses_runs_its_clean_up_once_and_wakes_its_reader()
    {
        var closed = 0;
        var (delivery, inbox) = Open(new()
        {
            OnClose = _ =>
            {
                closed++;
                return ValueTask.CompletedTask;
            },
        });
        var receiving = inbox.ReceiveAsync();
        await inbox.DisposeAsync();
        await inbox.DisposeAsync();
        Assert.That(async () => await receiving, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That((closed, delivery.Send("a", Numbered(2))), Is.EqualTo((1, InboxPostResult.Closed)));
        Assert.That(inbox.TryTake(out _), Is.False);
    }

    [Test]
    public async Task Unread_messages_go_with_the_channel()
    {
        var (delivery, inbox) = Open();
        delivery.Send("a", Numbered(1));
        await inbox.DisposeAsync();
        Assert.That((inbox.TryTake(out _), delivery.IsOpen("a")), Is.EqualTo((false, false)));
    }

    [Test]
    public void A_listener_that_throws_costs_no_message()
    {
        var clock = new ManualTimeProvider();
        var (delivery, inbox) = Open(new() { Time = clock, OnExpired = () => throw new InvalidOperationException("listener") });
        delivery.Send("a", Numbered(1), expiresAt: 10);
        delivery.Send("a", Numbered(2));
        clock.Advance(TimeSpan.FromTicks(10));
        Assert.That(Drain(inbox), Is.EqualTo(["n2"]));
    }

    [Test]
    public async Task Giving_up_leaves_the_message_for_the_next_receive()
    {
        var (delivery, inbox) = Open();
        using var impatience = new CancellationTokenSource();
        var waiting = inbox.ReceiveAsync(impatience.Token);
        await impatience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        delivery.Send("a", Numbered(1));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("n1"));
        delivery.Send("a", Numbered(2));
        Assert.That(async () => await inbox.ReceiveAsync(impatience.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(inbox.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_closed_unread_is_told_unless_it_has_expired()
    {
        var (time, unread) = (new ManualTimeProvider(), new List<string>());
        var (delivery, inbox) = Open(new()
        {
            Time = time,
            OnUnread = message =>
            {
                unread.Add(message.Type);
                throw new InvalidOperationException("must not keep the others from being told");
            },
        });
        delivery.Send("a", Numbered(1), expiresAt: 10);
        delivery.Send("a", Numbered(2), expiresAt: 11);
        delivery.Send("a", Numbered(3));
        time.Advance(TimeSpan.FromTicks(10));
        await inbox.DisposeAsync();
        await inbox.DisposeAsync();
        Assert.That(unread, Is.EqualTo(["n2", "n3"]));
        Assert.That(inbox.Count, Is.Zero);
    }

    private static (LocalDelivery Delivery, ChannelInbox Inbox) Open(LocalDeliveryOptions? options = null, int capacity = 100)
    {
        var delivery = new LocalDelivery(options);
        return (delivery, delivery.TryOpen("a", capacity)!); // the name is free
    }

    private static ChannelMessage Numbered(int number) => new($"n{number}");

    private static List<string> Drain(ChannelInbox inbox)
    {
        var types = new List<string>();
        while (inbox.TryTake(out var message))
        {
            types.Add(message.Type);
        }

        return types;
    }
}
