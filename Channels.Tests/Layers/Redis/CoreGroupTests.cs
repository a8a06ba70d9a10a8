using System.Globalization;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Groups, capacities and shards of the core layout.</summary>
public sealed class CoreGroupTests : RedisTestBase
{
    [Test]
    [Proves("R-CORE-32", "R-CORE-33")]
    public async Task Groups_and_inboxes_are_where_Python_looks()
    {
        RedisServer[] servers = [await StartServerAsync(), await StartServerAsync(), await StartServerAsync()];
        var layer = MakeCore(servers[0].Address, options =>
        {
            options.Hosts.Add(servers[1].Address);
            options.Hosts.Add(servers[2].Address);
        });
        for (var i = 0; i < 10; i++)
        {
            await layer.GroupAddAsync($"g{i}", "worker");
            Assert.That(await servers[ShardRing.IndexOf($"g{i}", 3)].CommandAsync("ZCARD", $"asgi:group:g{i}"), Is.EqualTo(":1\n"));
            await layer.SendAsync($"p{i}!x", Numbered(i));
            Assert.That(await servers[ShardRing.IndexOf($"p{i}!", 3)].CommandAsync("ZCARD", $"asgip{i}!"), Is.EqualTo(":1\n"));
        }
    }

    [Test]
    [Proves("R-CORE-42")]
    public async Task Channels_with_different_first_words_do_not_starve_each_other()
    {
        var layer = MakeCore((await StartServerAsync()).Address);
        await using var alpha = await layer.NewChannelAsync("alpha");
        await using var beta = await layer.NewChannelAsync("beta");
        Assert.That(ChannelNames.NonLocalPart(alpha.Name), Is.Not.EqualTo(ChannelNames.NonLocalPart(beta.Name)));
        for (var i = 0; i < 20; i++)
        {
            var (first, second) = i % 2 == 0 ? (alpha, beta) : (beta, alpha);
            await layer.SendAsync(first.Name, Numbered(i));
            Assert.That(NumberOf(await NextAsync(first)), Is.EqualTo(i));
            await layer.SendAsync(second.Name, Numbered(i));
            Assert.That(NumberOf(await NextAsync(second)), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("R-CORE-52")]
    public async Task A_group_send_drops_expired_members_and_does_not_prolong_the_group()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.GroupExpiry = TimeSpan.FromSeconds(100));
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 101).ToString(CultureInfo.InvariantCulture);
        await layer.GroupAddAsync("room", "fresh");
        await server.CommandAsync("ZADD", "asgi:group:room", old, "stale");
        await server.CommandAsync("EXPIRE", "asgi:group:room", "50");
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(await server.CommandAsync("ZRANGE", "asgi:group:room", "0", "-1"), Is.EqualTo("*1\n$5\nfresh\n"));
        Assert.That(await server.SecondsToLiveAsync("asgi:group:room"), Is.InRange(1L, 50L));
        Assert.That(await server.CommandAsync("EXISTS", "asgistale"), Is.EqualTo(":0\n"));
    }

    [Test]
    [Proves("R-CORE-55", "R-CORE-62")]
    public async Task Capacity_is_the_first_members_and_counts_the_whole_inbox()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options =>
        {
            options.Capacity = 5;
            options.ChannelCapacity.Add(new("p!a*", 2));
        }, metrics: drops.Metrics);
        await layer.GroupAddAsync("room", "p!a1");
        await layer.GroupAddAsync("room", "p!b1");
        await layer.SendAsync("p!b1", Numbered(1));
        await layer.SendAsync("p!b2", Numbered(2));
        await layer.GroupSendAsync("room", Numbered(3)); // two wait already, and p!a1 comes first in the group
        Assert.That(drops["capacity"], Is.EqualTo(1));
        Assert.That(async () => await layer.SendAsync("p!a9", Numbered(4)), Throws.InstanceOf<ChannelFullException>(), "all channels of a process share one inbox");
        Assert.That(async () => await layer.SendAsync("p!b9", Numbered(5)), Throws.Nothing);
    }

    [Test]
    [Proves("R-CORE-57")]
    public async Task Odd_members_that_others_stored_disturb_nobody()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var odd in new[] { "\u00ff\u00fe", "a b", "", "x!y!z", "!" })
        {
            await server.CommandAsync("ZADD", "asgi:group:room", now, odd);
        }

        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
    }

    [Test]
    [Proves("R-CORE-59")]
    public async Task Large_groups_are_sent_in_several_scripts()
    {
        const int inboxes = 1200;
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await Task.WhenAll(Enumerable.Range(0, inboxes).Select(i => layer.GroupAddAsync("room", $"p{i}!x").AsTask()));
        await layer.GroupSendAsync("room", Numbered(1));
        var counts = await server.CommandAsync("EVAL", "local n = 0 for i = 0, 1199 do n = n + redis.call('ZCARD', 'asgip' .. i .. '!') end return n", "0");
        Assert.That(counts, Is.EqualTo($":{inboxes}\n"));
    }

    [Test]
    [Proves("R-CORE-43", "R-CORE-46", "R-CORE-72")]
    public async Task Workers_of_two_processes_get_every_message_once_while_readers_come_and_go()
    {
        const int count = 300;
        var server = await StartServerAsync();
        var layers = Enumerable.Range(0, 3).Select(_ => MakeCore(server.Address, options => options.Capacity = count)).ToArray();
        var received = new System.Collections.Concurrent.ConcurrentQueue<long>();
        using var over = new CancellationTokenSource();
        var readers = layers.Select(layer => Task.Run(async () =>
        {
            var random = new Random(1);
            while (!over.IsCancellationRequested)
            {
                using var impatience = new CancellationTokenSource();
                var waiting = layer.ReceiveAsync("jobs", impatience.Token).AsTask();
                if (random.Next(3) == 0)
                {
                    await impatience.CancelAsync();
                }

                await Task.WhenAny(waiting, Task.Delay(Timeout.Infinite, over.Token));
                await impatience.CancelAsync();
                if (await waiting.ContinueWith(task => task.IsCompletedSuccessfully ? task.Result : null, TaskScheduler.Default) is { } message)
                {
                    received.Enqueue(NumberOf(message));
                }
            }
        })).ToArray();
        for (var i = 0; i < count; i++)
        {
            await layers[i % 3].SendAsync("jobs", Numbered(i));
        }

        await Eventually.Is(() => received.Count >= count);
        await over.CancelAsync();
        await Task.WhenAll(readers);
        Assert.That(received, Is.EquivalentTo(Enumerable.Range(0, count)));
        Assert.That(await server.CommandAsync("EXISTS", "asgijobs$inflight"), Is.EqualTo(":0\n"), "no backup set is written");
    }

    [Test]
    [Proves("R-CORE-4A")]
    public async Task A_worker_takes_one_job_after_the_other_without_a_pause_also_where_sockets_are_open()
    {
        const int count = 20;
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, time: new ManualTimeProvider()); // a pause would never end
        await using var inbox = await layer.NewChannelAsync(); // so that a pop is always blocked, with or without the channel
        for (var i = 0; i < count; i++)
        {
            await layer.SendAsync("work", Numbered(i));
        }

        for (var i = 0; i < count; i++)
        {
            await Eventually.Is(async () => (await server.CommandAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal));
            Assert.That(NumberOf(await layer.ReceiveAsync("work")), Is.EqualTo(i));
        }

        // Each pop was ended for the worker's sake, and did not end by its own time-out; that one of them does is chance.
        Assert.That(await WritesAsync(server) - count, Is.GreaterThan(count / 2));
    }

    private static async Task<int> WritesAsync(RedisServer server)
    {
        const string line = "cmdstat_zadd:calls=";
        var found = (await server.CommandAsync("INFO", "commandstats")).Split('\n').FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal));
        return found is null ? 0 : int.Parse(found[line.Length..].Split(',')[0], CultureInfo.InvariantCulture);
    }
}
