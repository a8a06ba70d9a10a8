using System.Globalization;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

public abstract partial class GroupHistorySpecification
{
    [Test]
    [Proves("SR-55", "SR-56")]
    public async Task Who_comes_back_gets_what_it_missed_and_then_what_comes([Values] bool passesOn)
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        await PublishAsync(process, 1, 3);
        var (socket, join) = await JoinAsync(process, passesOn: passesOn);
        Assert.That((join.Newest.Offset, join.Gone), Is.EqualTo((3L, false)), "where to resume from is known before anything comes");
        await PublishAsync(peer, 4, 4);
        await ReceivedAsync(socket, 1);
        await socket.EndAsync();
        await PublishAsync(peer, 5, 6);

        var (back, again) = await JoinAsync(peer, join.Newest with { Offset = 4 }, passesOn);
        Assert.That(again, Is.EqualTo(new HistoryJoin(join.Newest with { Offset = 6 }, Gone: false)));
        await ReceivedAsync(back, 2);
        await PublishAsync(process, 7, 8);
        Assert.That(await ReceivedAsync(back, 4), Is.EqualTo(Texts(5, 8)));
        var (all, _) = await JoinAsync(process, HistoryPosition.Oldest, passesOn);
        Assert.That(await ReceivedAsync(all, 8), Is.EqualTo(Texts(1, 8)));
    }

    [Test]
    public async Task Plain_members_get_what_is_published_at_once_and_followers_what_is_only_sent()
    {
        var process = await StartProcessAsync();
        var layer = process.GetRequiredService<IChannelLayer>();
        await using var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync(Room, inbox.Name);
        var (socket, _) = await JoinAsync(process);
        await PublishAsync(await StartPeerAsync(process), 1, 1);
        using var patience = new CancellationTokenSource(Patience);
        var heard = await inbox.ReceiveAsync(patience.Token);
        Assert.That((NumberOf(heard), heard.Position?.Offset), Is.EqualTo((1L, 1L)));
        await ReceivedAsync(socket, 1);

        await layer.GroupSendAsync(Room, heard); // sent on, it is a message like any other
        Assert.That((await inbox.ReceiveAsync(patience.Token)).Position, Is.Null);
        Assert.That(await ReceivedAsync(socket, 2), Is.EqualTo(new[] { "1@1", "1@" }));
    }

    [Test]
    [Proves("SR-61")]
    public async Task Nothing_is_missed_or_doubled_whenever_one_joins([Values] bool passesOn)
    {
        var process = await StartProcessAsync(options => options.MaxMessages = 10_000);
        var peer = await StartPeerAsync(process, options => options.MaxMessages = 10_000);
        var publishing = Task.Run(() => PublishAsync(peer, 1, Volume));
        var joined = new List<(Consumers.MemberSocket Socket, HistoryJoin Join, bool All)>();
        for (var i = 0; i < 30; i++)
        {
            var all = i % 3 == 0;
            var (socket, join) = await JoinAsync(process, all ? HistoryPosition.Oldest : null, passesOn);
            joined.Add((socket, join, all));
        }

        await publishing;
        foreach (var (socket, join, all) in joined)
        {
            var first = all ? 1 : (int)join.Newest.Offset + 1;
            Assert.That(await ReceivedAsync(socket, Volume - first + 1), Is.EqualTo(Texts(first, Volume)));
        }
    }

    [Test]
    [Proves("SR-59")]
    public async Task A_slow_consumer_whose_mailbox_overflows_loses_nothing([Values] bool behindItsPage)
    {
        var process = await StartProcessAsync(options => options.MaxMessages = 10_000);
        if (behindItsPage)
        {
            await PublishAsync(process, 1, 250);
        }

        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (slow, _) = await JoinAsync(process, HistoryPosition.Oldest, plan: new() { Gate = gate.Task });
        var (quick, _) = await JoinAsync(process, HistoryPosition.Oldest);
        await PublishAsync(process, behindItsPage ? 251 : 1, 1_000);
        await ReceivedAsync(quick, 1_000);
        gate.SetResult();
        Assert.That(await ReceivedAsync(slow, 1_000), Is.EqualTo(Texts(1, 1_000)));
        await PublishAsync(process, 1_001, 1_001);
        Assert.That(await ReceivedAsync(slow, 1_001), Is.EqualTo(Texts(1, 1_001)));
    }

    [Test]
    public async Task One_that_is_slower_than_what_is_kept_is_told_and_gets_the_rest()
    {
        var process = await StartProcessAsync(options => options.MaxMessages = 50);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (slow, _) = await JoinAsync(process, plan: new() { Gate = gate.Task });
        await PublishAsync(process, 1, 1_000);
        gate.SetResult();
        await Eventually.Is(() => slow.Sent.Contains("1000@1000"), Patience);
        var sent = slow.Sent;
        Assert.That(sent, Does.Contain("room gone"));
        var (last, told) = (0, false);
        foreach (var text in sent)
        {
            if (text == "room gone")
            {
                told = true; // as often as it is overtaken, and nothing is left out without that
                continue;
            }

            var offset = int.Parse(text.Split('@')[1], CultureInfo.InvariantCulture);
            Assert.That(told ? offset > last : offset == last + 1, () => $"{text} after {last}: {string.Join(' ', sent)}");
            (last, told) = (offset, false);
        }

        Assert.That(sent[^50..], Is.EqualTo(Texts(951, 1_000)));
    }

    [Test]
    public async Task Who_is_to_skip_a_message_skips_it_and_misses_nothing_else([Values] bool passesOn)
    {
        var process = await StartProcessAsync();
        var plan = new FollowerPlan();
        var (skipping, _) = await JoinAsync(process, passesOn: passesOn, plan: plan);
        var (other, _) = await JoinAsync(process, passesOn: passesOn);
        await PublishAsync(process, 1, 1);
        await HistoryOf(process).PublishAsync(Room, Numbered(2) with { Except = [plan.Channel!] });
        await PublishAsync(process, 3, 3);
        Assert.That(await ReceivedAsync(other, 3), Is.EqualTo(Texts(1, 3)));
        Assert.That(await ReceivedAsync(skipping, 2), Is.EqualTo(new[] { "1@1", "3@3" }));
    }

    [Test]
    public async Task Joining_again_begins_again_and_who_left_gets_nothing_more()
    {
        var process = await StartProcessAsync();
        var layer = process.GetRequiredService<IChannelLayer>();
        var plan = new FollowerPlan();
        var (socket, _) = await JoinAsync(process, plan: plan);
        await PublishAsync(process, 1, 2);
        await ReceivedAsync(socket, 2);
        await layer.SendAsync(plan.Channel!, new ChannelMessage("test.again"));
        Assert.That(await ReceivedAsync(socket, 5), Is.EqualTo(new[] { "1@1", "2@2", "again", "1@1", "2@2" }));

        await layer.SendAsync(plan.Channel!, new ChannelMessage("test.leave"));
        await ReceivedAsync(socket, 6);
        await PublishAsync(process, 3, 3);
        await layer.SendAsync(plan.Channel!, Numbered(99));
        Assert.That((await ReceivedAsync(socket, 7))[5..], Is.EqualTo(new[] { "left", "99@" }));
    }

    [Test]
    public async Task What_was_only_written_down_comes_in_its_place()
    {
        var process = await StartProcessAsync();
        var (socket, _) = await JoinAsync(process);
        await PublishAsync(process, 1, 1);
        await HistoryOf(process).AppendAsync(Room, Numbered(2));
        await PublishAsync(process, 3, 3);
        Assert.That(await ReceivedAsync(socket, 3), Is.EqualTo(Texts(1, 3)));
    }
}
