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
            var inbox = new ChannelInbox("a", new() { Capacity = 0 });
            var (posted, taken) = (0, 0);
            for (var i = 0; i < 500; i++)
            {
                if (random.Next(100) < (seed % 2 == 0 ? 55 : 45))
                {
                    inbox.TryPost(Numbered(posted++));
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
    public void The_wake_up_comes_once_for_each_time_the_reader_found_nothing()
    {
        var inbox = new ChannelInbox("a");
        var wakeUps = 0;
        inbox.SetWakeUp(() => wakeUps++);
        inbox.TryPost(Numbered(1));
        Assert.That(wakeUps, Is.Zero, "the reader has not looked yet");
        Assert.That(inbox.TryTake(out _));
        Assert.That(inbox.TryTake(out _), Is.False);
        inbox.TryPost(Numbered(2));
        inbox.TryPost(Numbered(3));
        Assert.That(wakeUps, Is.EqualTo(1));
        while (inbox.TryTake(out _))
        {
        }

        inbox.TryPost(Numbered(4));
        Assert.That(wakeUps, Is.EqualTo(2));
    }

    [Test]
    public async Task No_wake_up_is_lost_between_many_posters_and_the_reader()
    {
        const int posters = 3;
        const int each = 20_000;
        var inbox = new ChannelInbox("a", new() { Capacity = 0 });
        var posting = Enumerable.Range(0, posters).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                inbox.TryPost(Numbered(i));
            }
        })).ToArray();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
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
        var inbox = new ChannelInbox("a", new() { Capacity = 2 });
        Assert.That(new[] { inbox.TryPost(Numbered(1)), inbox.TryPost(Numbered(2)), inbox.TryPost(Numbered(3)) },
            Is.EqualTo([InboxPostResult.Posted, InboxPostResult.Posted, InboxPostResult.Full]));
        Assert.That(Drain(inbox), Is.EqualTo(["n1", "n2"]));
    }

    [Test]
    [Proves("C-LAYER-17")]
    public void An_inbox_that_drops_the_oldest_keeps_the_newest()
    {
        var inbox = new ChannelInbox("a", new() { Capacity = 3, FullMode = InboxFullMode.DropOldest });
        var results = Enumerable.Range(0, 10).Select(i => inbox.TryPost(Numbered(i))).ToList();
        Assert.That(results.Count(r => r == InboxPostResult.PostedDroppingOldest), Is.EqualTo(7));
        Assert.That(Drain(inbox), Is.EqualTo(["n7", "n8", "n9"]));
    }

    [Test]
    public void Expired_messages_are_skipped_counted_and_make_room()
    {
        var clock = new ManualTimeProvider();
        var expired = 0;
        var inbox = new ChannelInbox("a", new() { Capacity = 2, Time = clock, OnExpired = () => expired++ });
        inbox.TryPost(Numbered(1), expiresAt: 10);
        inbox.TryPost(Numbered(2), expiresAt: 20);
        clock.Advance(TimeSpan.FromTicks(10));
        Assert.That(inbox.TryPost(Numbered(3), expiresAt: 100), Is.EqualTo(InboxPostResult.Posted));
        Assert.That(inbox.TryPost(Numbered(4), expiresAt: 100), Is.EqualTo(InboxPostResult.Full));
        clock.Advance(TimeSpan.FromTicks(10));
        Assert.That(Drain(inbox), Is.EqualTo(["n3"]));
        Assert.That(expired, Is.EqualTo(2));
    }

    [Test]
    public async Task A_closed_inbox_refuses_runs_its_clean_up_once_and_wakes_its_reader()
    {
        var (closed, wakeUps) = (0, 0);
        var inbox = new ChannelInbox("a", new()
        {
            OnClose = _ =>
            {
                closed++;
                return ValueTask.CompletedTask;
            },
        });
        inbox.SetWakeUp(() => wakeUps++);
        inbox.TryPost(Numbered(1));
        await inbox.DisposeAsync();
        await inbox.DisposeAsync();
        Assert.That((closed, wakeUps), Is.EqualTo((1, 1)));
        Assert.That(inbox.TryPost(Numbered(2)), Is.EqualTo(InboxPostResult.Closed));
        Assert.That(inbox.TryTake(out _), Is.False, "unread messages went with it");
    }

    [Test]
    public async Task Giving_up_leaves_the_message_for_the_next_receive()
    {
        var inbox = new ChannelInbox("a");
        using var impatience = new CancellationTokenSource();
        var waiting = inbox.ReceiveAsync(impatience.Token);
        await impatience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        inbox.TryPost(Numbered(1));
        Assert.That((await inbox.ReceiveAsync()).Type, Is.EqualTo("n1"));
        inbox.TryPost(Numbered(2));
        Assert.That(async () => await inbox.ReceiveAsync(impatience.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(inbox.Count, Is.EqualTo(1));
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
