using Channels.Tests.Specifications;
using Channels.Tests.Support;

namespace Channels.Tests.Layers;

/// <summary>Broadcasts over a group that changes under them, with real threads and a group that grows, shrinks and compacts.</summary>
public sealed class GroupRaceTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [Proves("REL-10")]
    public async Task Membership_windows_hold_while_the_table_grows_shrinks_and_compacts(int seed)
    {
        const int racers = 3;
        const int sends = 3000;
        var layer = new InMemoryChannelLayer("default", new InMemoryLayerOptions { Capacity = sends + 1 });
        var (watched, crowd) = (await OpenAsync(layer, racers + 2), await OpenAsync(layer, 300));
        var history = new MembershipHistory(watched.Count, senders: 1);

        // Two members stay all the time: they must not miss anything, wherever the others move the table's edges.
        await JoinAsync(layer, history, racers, watched[racers]);
        await JoinAsync(layer, history, racers + 1, watched[racers + 1]);
        using var over = new CancellationTokenSource();
        var threads = Enumerable.Range(0, racers).Select(i => new Thread(() => Flip(layer, watched[i], history, i, seed, over.Token)))
            .Append(new Thread(() => Swell(layer, crowd, seed, over.Token))).ToList();
        threads.ForEach(thread => thread.Start());
        var random = new Random(seed);
        for (var i = 0; i < sends; i++)
        {
            PassTheTurn(random);
            var start = history.Tick();
            _ = layer.GroupSendAsync("room", new ChannelMessage("n", new() { ["n"] = i })).IsCompletedSuccessfully;
            history.Sent(0, i, start, history.Tick());
        }

        await over.CancelAsync();
        threads.ForEach(thread => thread.Join());
        for (var i = 0; i < watched.Count; i++)
        {
            history.Received(i, Drain(watched[i]));
        }

        history.Check();
        TestContext.Out.WriteLine(history.Summary);
    }

    [Test]
    public async Task A_group_that_loses_its_last_member_while_another_joins_never_loses_the_newcomer()
    {
        var layer = new InMemoryChannelLayer("default", new InMemoryLayerOptions { Capacity = 10 });
        await using var inbox = await layer.NewChannelAsync();
        await using var other = await layer.NewChannelAsync();
        using var over = new CancellationTokenSource();
        var flipping = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
            {
                Complete(layer.GroupAddAsync("room", other.Name));
                Complete(layer.GroupDiscardAsync("room", other.Name));
            }
        });
        flipping.Start();
        for (var i = 0; i < 20_000; i++)
        {
            Complete(layer.GroupAddAsync("room", inbox.Name));
            Complete(layer.GroupSendAsync("room", new ChannelMessage("n")));
            if (!inbox.TryTake(out _) || inbox.TryTake(out _))
            {
                Assert.Fail($"round {i}: a member must get the message once");
            }

            Complete(layer.GroupDiscardAsync("room", inbox.Name));
        }

        await over.CancelAsync();
        flipping.Join();
        Assert.That(layer.GroupCount, Is.Zero);
    }

    [Test]
    public async Task A_join_that_races_with_the_close_of_its_channel_leaves_nothing_behind()
    {
        var layer = new InMemoryChannelLayer();
        for (var i = 0; i < 3000; i++)
        {
            var inbox = await layer.NewChannelAsync();
            var closing = Task.Run(async () => await inbox.DisposeAsync());
            await layer.GroupAddAsync("room", inbox.Name);
            await closing;
        }

        Assert.That(layer.GroupCount, Is.Zero);
    }

    private static void Flip(InMemoryChannelLayer layer, ChannelInbox inbox, MembershipHistory history, int member, int seed, CancellationToken over)
    {
        var random = new Random(seed * 100 + member);
        while (!over.IsCancellationRequested)
        {
            var add = random.Next(2) == 0;
            var start = history.Tick();
            Complete(add ? layer.GroupAddAsync("room", inbox.Name, CancellationToken.None) : layer.GroupDiscardAsync("room", inbox.Name, CancellationToken.None));
            history.Flipped(member, add, start, history.Tick());
            PassTheTurn(random);
        }
    }

    private static void Swell(InMemoryChannelLayer layer, List<ChannelInbox> crowd, int seed, CancellationToken over)
    {
        var random = new Random(seed);
        while (!over.IsCancellationRequested)
        {
            var size = random.Next(crowd.Count);
            crowd.ForEach(inbox => Drain(inbox));
            crowd[..size].ForEach(inbox => Complete(layer.GroupAddAsync("room", inbox.Name, CancellationToken.None)));
            crowd.ForEach(inbox => Complete(layer.GroupDiscardAsync("room", inbox.Name, CancellationToken.None)));
        }
    }

    // Few cores and a fair scheduler would otherwise run whole time slices of one thread without a single overlap.
    private static void PassTheTurn(Random random)
    {
        Thread.SpinWait(random.Next(300));
        if (random.Next(4) == 0)
        {
            Thread.Yield();
        }
    }

    private static async Task<List<ChannelInbox>> OpenAsync(InMemoryChannelLayer layer, int count)
    {
        var inboxes = new List<ChannelInbox>();
        for (var i = 0; i < count; i++)
        {
            inboxes.Add(await layer.NewChannelAsync());
        }

        return inboxes;
    }

    private static async Task JoinAsync(InMemoryChannelLayer layer, MembershipHistory history, int member, ChannelInbox inbox)
    {
        var start = history.Tick();
        await layer.GroupAddAsync("room", inbox.Name);
        history.Flipped(member, true, start, history.Tick());
    }

    private static void Complete(ValueTask operation)
    {
        if (!operation.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("in memory everything completes at once");
        }
    }

    private static List<long> Drain(ChannelInbox inbox)
    {
        var numbers = new List<long>();
        while (inbox.TryTake(out var message))
        {
            numbers.Add(message.Fields["n"].GetInt64());
        }

        return numbers;
    }
}
