using System.Collections.Concurrent;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Joining and leaving while the layer itself writes and removes memberships that Redis does not know yet.</summary>
public sealed class MembershipRaceTests : RedisTestBase
{
    [Test]
    public void What_was_written_after_it_was_no_longer_wanted_is_removed_again()
    {
        var table = new MembershipTable();
        _ = table.Set("room", "a", MembershipState.Joining, Nothing);
        _ = table.Set("room", "a", MembershipState.Leaving, Nothing); // while the join is on its way
        Assert.That(table.Settle("room", "a", MembershipState.Leaving), Is.True);
        Assert.That(table.Settle("room", "a", MembershipState.Joining), Is.False, "it may have been written last");
        Assert.That(table.Where(MembershipState.Leaving), Has.Count.EqualTo(1));
        Assert.That(table.Settle("room", "a", MembershipState.Leaving), Is.True);
        Assert.That(table.HasUnsettled, Is.False);
    }

    [Test]
    public void What_was_removed_after_it_was_wanted_again_is_written_again()
    {
        var table = new MembershipTable();
        _ = table.Set("room", "a", MembershipState.Leaving, Nothing);
        _ = table.Set("room", "a", MembershipState.Joining, Nothing);
        Assert.That(table.Settle("room", "a", MembershipState.Joining), Is.True);
        Assert.That(table.Settle("room", "a", MembershipState.Leaving), Is.False);
        Assert.That(table.Where(MembershipState.Joining), Has.Count.EqualTo(1));
    }

    [Test]
    public void Two_that_overlap_are_done_once_more_whichever_ends_first()
    {
        var table = new MembershipTable();
        _ = table.Set("room", "a", MembershipState.Leaving, Nothing);
        _ = table.Set("room", "a", MembershipState.Joining, Nothing);
        Assert.That(table.Settle("room", "a", MembershipState.Leaving), Is.False);
        Assert.That(table.Settle("room", "a", MembershipState.Joining), Is.False, "the removal may have come last");
        Assert.That(table.Settle("room", "a", MembershipState.Joining), Is.True);
        Assert.That(table.HasUnsettled, Is.False);
    }

    [Test]
    public void What_is_no_longer_wanted_when_its_turn_comes_is_not_sent()
    {
        var table = new MembershipTable();
        _ = table.Set("room", "a", MembershipState.Leaving, Nothing);
        _ = table.Set("room", "b", MembershipState.Leaving, Nothing);
        var (group, channels) = table.Where(MembershipState.Leaving).Single();
        _ = table.Set("room", "a", MembershipState.Joining, Nothing); // and its join is sent
        List<string> removed = [];
        Assert.That(table.Send(group, channels, MembershipState.Leaving, Note).Channels, Is.EqualTo(["b"]));
        Assert.That(table.Send(group, ["a"], MembershipState.Leaving, Note).Channels, Is.Empty);
        Assert.That(removed, Is.EqualTo(["b"]), "a removal behind the join would take a member out");

        ValueTask Note(string[] channels)
        {
            removed.AddRange(channels);
            return ValueTask.CompletedTask;
        }
    }

    [Test]
    public async Task Commands_are_sent_in_the_order_of_what_is_wanted()
    {
        var table = new MembershipTable();
        var (order, gate) = (new ConcurrentQueue<string>(), new TaskCompletionSource());
        using var entered = new SemaphoreSlim(0);
        var joining = Task.Run(() => table.Set("room", "a", MembershipState.Joining, () =>
        {
            entered.Release();
            gate.Task.Wait(); // as a thread that is held up: what sends is no asynchronous code
            order.Enqueue("join");
            return ValueTask.CompletedTask;
        }).AsTask());
        await entered.WaitAsync();
        var leaving = Task.Run(() =>
        {
            gate.SetResult(); // another thread's, which goes on while this one is already here
            return table.Set("room", "a", MembershipState.Leaving, () =>
            {
                order.Enqueue("leave");
                return ValueTask.CompletedTask;
            }).AsTask();
        });
        await Task.WhenAll(joining, leaving);
        Assert.That(order, Is.EqualTo(["join", "leave"]));
    }

    [Test]
    public async Task Who_joins_and_leaves_while_memberships_are_written_again_is_what_it_was_last_told_to_be()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var forgotten = await OpenMemberAsync(layer, "forgotten");
        using var over = new CancellationTokenSource();
        var forgetting = Task.Run(() => ForgetAsync(server, layer, over.Token));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(FlipAsync)));
        await over.CancelAsync();
        await forgetting;

        async Task FlipAsync()
        {
            await using var inbox = await layer.NewChannelAsync();
            for (var i = 0; i < 100; i++)
            {
                await layer.GroupAddAsync("room", inbox.Name);
                Assert.That(await layer.GroupMembersAsync("room").ContainsAsync(inbox.Name), $"it had joined for the {i}th time");
                await layer.GroupDiscardAsync("room", inbox.Name);
                Assert.That(await layer.GroupMembersAsync("room").ContainsAsync(inbox.Name), Is.False, $"it had left for the {i}th time");
            }
        }
    }

    [Test]
    [Proves("R-CORE-58")]
    public async Task Who_leaves_while_noted_memberships_are_written_stays_out()
    {
        const int groups = 1500;
        var server = MakeServer();
        var layer = MakeCore(server.Address, options => options.PingInterval = TimeSpan.FromSeconds(1)); // as often it looks for what is left to do
        await using var inbox = await layer.NewChannelAsync();
        for (var i = 0; i < groups; i++)
        {
            await layer.GroupAddAsync($"g{i}", inbox.Name); // Redis is away: only noted
        }

        await server.RestartAsync();
        await Eventually.Is(async () => await CountAsync(server) > 0); // being written, one group after the other
        await Task.WhenAll(Enumerable.Range(0, groups).Select(i => layer.GroupDiscardAsync($"g{i}", inbox.Name).AsTask()));
        await layer.GroupAddAsync("last", inbox.Name);
        await Eventually.Is(async () => await CountAsync(server) == 1);
    }

    [Test]
    public async Task A_message_that_nobody_waits_for_any_more_is_put_back_and_never_given_twice()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakeCore(proxy.Address, options => (options.PingInterval, options.CommandTimeout) = (Eventually.Patience, TimeSpan.FromSeconds(10)), metrics: drops.Metrics); // the put-back waits for so long in vain, and the pop may be held back for as long
        var outside = MakeCore(server.Address); // its server is frozen meanwhile
        await outside.StartAsync(); // before there is a pop: that waits for five seconds only
        using var impatience = new CancellationTokenSource();
        var waiting = layer.ReceiveAsync("work", impatience.Token).AsTask();
        await Eventually.Is(async () => (await server.CommandAsync("CLIENT", "LIST")).Contains("cmd=bzpopmin", StringComparison.Ordinal));
        proxy.Hold();
        await outside.SendAsync("work", Numbered(1)); // taken, but the answer does not arrive
        await Eventually.Is(async () => await server.CommandAsync("ZCARD", "asgiwork") == ":0\n");
        await impatience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        await server.FreezeAsync();
        proxy.Release(); // now it arrives, and nobody learns whether putting it back succeeds
        await Eventually.Is(() => drops["uncertain"] == 1);
        await server.ThawAsync();
        await Eventually.Is(async () => await server.CommandAsync("ZCARD", "asgiwork") == ":1\n");
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(1));
        await outside.SendAsync("work", Numbered(2));
        Assert.That(NumberOf(await NextAsync(layer, "work")), Is.EqualTo(2));
    }

    [Test]
    [Proves("REL-25")]
    public async Task After_a_restart_no_connection_of_somebody_else_is_ended_for_its_number()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        await server.KillAsync();
        await server.RestartAsync();
        await UntilHeardAsync(layer, member);
        Assert.That(await server.CommandAsync("INFO", "commandstats"), Does.Not.Contain("client|kill"), "numbers begin anew with the server");
    }

    [Test]
    [Proves("R-CORE-59")]
    public async Task A_large_message_to_many_inboxes_waits_for_itself_instead_of_being_refused()
    {
        const int inboxes = 20;
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options =>
        {
            RedisOptions.BePatient(options);
            (options.MaxMessageBytes, options.MaxPendingBytes) = (64 * 1024, 128 * 1024);
        });
        for (var i = 0; i < inboxes; i++)
        {
            await layer.GroupAddAsync("room", $"p{i}!x");
        }

        await layer.GroupSendAsync("room", new ChannelMessage("test.large", new() { ["b"] = new byte[40 * 1024] }));
        for (var i = 0; i < inboxes; i++)
        {
            Assert.That(await server.CommandAsync("ZCARD", $"asgip{i}!"), Is.EqualTo(":1\n"));
        }
    }

    private static ValueTask Nothing() => ValueTask.CompletedTask;

    // Without the key by which a server knows a process all of the process' memberships are written again; a message that misses a member has it looked for.
    private static async Task ForgetAsync(RedisServer server, RedisCoreLayer layer, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await server.CommandAsync("EVAL", "for _, key in ipairs(redis.call('KEYS', 'asgi:process:*')) do redis.call('DEL', key, 'asgi:group:forgotten') end", "0");
            await layer.GroupSendAsync("forgotten", Numbered(0), CancellationToken.None);
        }
    }

    private static async Task<int> CountAsync(RedisServer server) =>
        (await server.CommandAsync("KEYS", "asgi:group:*")).Split('\n').Count(line => line.StartsWith("asgi", StringComparison.Ordinal));
}
