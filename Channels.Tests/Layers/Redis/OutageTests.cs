using System.Collections.Concurrent;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Redis away, killed, frozen or emptied (failure matrix F-01 to F-10), on both layouts.</summary>
public sealed class OutageTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-01", "REL-17", "R-CORE-27")]
    public async Task Redis_away_at_start_fails_sends_at_once_and_heals(string layout)
    {
        var server = MakeServer();
        var layer = Make(layout, server.Address, options => options.CommandTimeout = TimeSpan.FromMinutes(5));
        await using var member = await OpenMemberAsync(layer); // joining is noted
        var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(() => layer.GroupSendAsync("room", Numbered(1)).AsTask().WaitAsync(Eventually.Patience));
        Assert.That(error!.OutcomeUnknown, Is.False);
        Assert.That(error.Message, Does.Contain(server.Address).And.Contain("reconnects by itself"));
        await server.RestartAsync();
        await UntilHeardAsync(layer, member);
    }

    [TestCase("core", false)]
    [TestCase("pubsub", false)]
    [TestCase("core", true)]
    [Proves("F-01", "F-02")]
    public async Task Killed_and_restarted_under_load_memberships_come_back_and_nothing_comes_twice(string layout, bool withData)
    {
        var server = await StartServerAsync("--appendonly", withData ? "yes" : "no");
        var layer = Make(layout, server.Address, options => options.Capacity = 100_000);
        var peer = Make(layout, server.Address);
        var members = new List<ChannelInbox>();
        for (var i = 0; i < 20; i++)
        {
            members.Add(await OpenMemberAsync(layer));
        }

        await UntilHeardAsync(peer, members[0]);
        using var over = new CancellationTokenSource();
        var (sent, failed) = (0L, 0L);
        var load = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await peer.GroupSendAsync("room", Numbered(sent++), CancellationToken.None);
                }
                catch (ChannelLayerUnavailableException)
                {
                    failed++;
                    await Task.Yield();
                }
            }
        });
        await Eventually.Is(() => Volatile.Read(ref sent) > 200);
        await server.KillAsync();
        await Eventually.Is(() => Volatile.Read(ref failed) > 10);
        await server.RestartAsync();
        var seen = members.ConvertAll(_ => new HashSet<long>());
        TakeAll(members, seen); // what came before the fault

        await Eventually.Is(() => members.TrueForAll(member => member.Count > 0)); // how long it takes at most follows from ReconnectDelay
        await over.CancelAsync();
        await load;
        TakeAll(members, seen);
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Description("It takes connections, and refuses every command: a layer that takes it for there waits for a ping interval.")]
    public async Task A_server_that_still_loads_its_data_is_not_there_yet(string layout)
    {
        var server = await StartServerAsync("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"); // a millisecond for each key
        var layer = Make(layout, server.Address, options => options.PingInterval = TimeSpan.FromMinutes(5));
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await server.CommandAsync("DEBUG", "POPULATE", "100000");
        await server.CommandAsync("SAVE");
        await server.KillAsync();
        var restarting = server.RestartAsync();
        await Eventually.Is(() => ((layer as RedisCoreLayer)?.Links ?? ((RedisPubSubLayer)layer).Links)
            .All(link => !link.IsConnected && (link.LastError?.Contains("LOADING", StringComparison.Ordinal) ?? false)));
        await server.CommandAsync("CONFIG", "SET", "key-load-delay", "0");
        await restarting;
        await UntilHeardAsync(layer, member);
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-03", "REL-22", "REL-23")]
    public async Task Frozen_redis_blocks_no_thread_bounds_the_queue_and_heals(string layout)
    {
        var server = await StartServerAsync();
        var layer = Make(layout, server.Address, options =>
        {
            options.CommandTimeout = TimeSpan.FromSeconds(5); // none of the sends is over before all are made
            options.PingInterval = TimeSpan.FromMinutes(5); // nor is the connection, with which they would end
            options.MaxPendingCommands = 500;
            options.MaxUnconfirmedSends = 0;
        });
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await server.FreezeAsync();
        var threads = ThreadPool.ThreadCount;
        var sends = Enumerable.Range(0, 1000).Select(i => FailAsync(layer, i)).ToArray();
        var errors = await Task.WhenAll(sends).WaitAsync(Eventually.Patience); // one after another they would take eight
        var unknown = errors.Count(error => error!.OutcomeUnknown);
        Assert.That(unknown, Is.InRange(495, 500), "time-outs; what the layer asks for itself takes places as well");
        Assert.That(errors.Count(error => error!.Message.Contains("MaxPendingCommands", StringComparison.Ordinal)), Is.EqualTo(1000 - unknown), "refused at once");
        TestContext.Out.WriteLine($"pool threads before {threads}, after {ThreadPool.ThreadCount}");
        await server.ThawAsync();
        await UntilHeardAsync(layer, member);
    }

    [TestCase("core", "CLIENT PAUSE 1500 ALL")]
    [TestCase("pubsub", "CLIENT PAUSE 1500 ALL")]
    [TestCase("core", "DEBUG SLEEP 1.5")]
    [TestCase("pubsub", "DEBUG SLEEP 1.5")]
    [Proves("F-03")]
    public async Task A_pause_delays_and_nothing_is_lost_or_doubled(string layout, string command)
    {
        var server = await StartServerAsync();
        var layer = Make(layout, server.Address, options => options.CommandTimeout = options.PingInterval = Eventually.Patience);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        var pausing = server.CommandAsync(command.Split(' ')); // DEBUG SLEEP answers when it is over
        for (var i = 0; i < 20; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
        }

        var next = 0;
        while (next < 20)
        {
            var number = NumberOf(await NextAsync(member));
            if (number < 20)
            {
                Assert.That(number, Is.EqualTo(next++)); // else a late probe
            }
        }

        await pausing;
    }

    [TestCase("core", "normal")]
    [TestCase("pubsub", "normal")]
    [TestCase("pubsub", "pubsub")]
    [Proves("F-06", "R-PUB-19")]
    public async Task Killed_connections_are_replaced_and_nothing_comes_twice(string layout, string type)
    {
        var server = await StartServerAsync();
        var layer = Make(layout, server.Address, options => options.Capacity = 100_000);
        await using var member = await OpenMemberAsync(layer);
        var received = new ConcurrentQueue<long>();
        using var over = new CancellationTokenSource();
        var reading = ReadAsync(member, received, over.Token);
        var killing = Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await server.CommandAsync("CLIENT", "KILL", "TYPE", type);
                var before = received.Count;
                await Eventually.Is(() => received.Count > before, text: "messages come again");
            }
        });
        long sent = 0;
        while (!killing.IsCompleted)
        {
            try
            {
                await layer.GroupSendAsync("room", Numbered(sent++));
            }
            catch (ChannelLayerUnavailableException)
            {
                await Pace.TryAgainAsync();
            }
        }

        await killing;
        var last = sent;
        await Eventually.Is(async () =>
        {
            await FailAsync(layer, (int)sent++);
            return received.Any(number => number >= last); // one of those, whichever has come by now
        });
        await over.CancelAsync();
        await reading;
        Assert.That(received, Is.Unique);
        Assert.That(received, Is.Ordered);
    }

    [Test]
    [Proves("F-03", "REL-22")]
    public async Task Sends_that_do_not_wait_are_bounded_and_counted_when_redis_freezes()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakePubSub(server.Address, options =>
        {
            options.CommandTimeout = TimeSpan.FromSeconds(5); // none of the sends is over before all are made
            options.PingInterval = TimeSpan.FromMinutes(5); // a ping would take one of their places
            (options.MaxPendingCommands, options.MaxUnconfirmedSends) = (500, 100);
        }, drops.Metrics);
        await using var member = await OpenMemberAsync(layer);
        await Eventually.Is(() => layer.Links.All(link => link.IsConnected)); // nothing was sent yet: of an answered send it is not known when it ceases to count
        await server.FreezeAsync();
        var errors = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => FailAsync(layer, i)));
        Assert.That(errors.Count(error => error is null), Is.EqualTo(100), "on their way");
        Assert.That(errors.Count(error => error is { OutcomeUnknown: true }), Is.EqualTo(400), "waited in vain");
        Assert.That(errors.Count(error => error is { OutcomeUnknown: false }), Is.EqualTo(500), "refused at once");
        await Eventually.Is(() => drops["unconfirmed"] == 100);
        await server.ThawAsync();
        await UntilHeardAsync(layer, member);
    }

    [Test]
    [Proves("F-10", "R-CORE-25")]
    public async Task Flushed_scripts_and_data_are_restored_without_a_failed_call()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        for (var i = 0; i < 5; i++)
        {
            await server.CommandAsync("SCRIPT", "FLUSH");
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
        }

        await server.CommandAsync("FLUSHALL");
        await UntilHeardAsync(layer, member); // REL-24
    }

    [Test]
    [Proves("F-09")]
    public async Task A_full_redis_is_reported_to_the_sender_and_receiving_goes_on()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await layer.SendAsync(member.Name, Numbered(1)));
        Assert.That(error!.Message, Does.Contain("OOM"));
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await UntilHeardAsync(layer, member);
    }

    [Test]
    [Proves("F-09")]
    public async Task A_master_that_becomes_a_replica_is_left_until_it_is_a_master_again()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await using var member = await OpenMemberAsync(layer);
        await server.CommandAsync("REPLICAOF", "127.0.0.1", "1");
        await Eventually.Is(async () => await FailAsync(layer, 1) is { } error && error.Message.Contains("replica", StringComparison.Ordinal));
        await server.CommandAsync("REPLICAOF", "NO", "ONE");
        await UntilHeardAsync(layer, member);
    }

    private static void TakeAll(List<ChannelInbox> members, List<HashSet<long>> seen)
    {
        for (var i = 0; i < members.Count; i++)
        {
            while (members[i].TryTake(out var message))
            {
                var number = NumberOf(message);
                Assert.That(number >= LeastProbe || seen[i].Add(number), "at most once");
            }
        }
    }

    private static async Task<ChannelLayerUnavailableException?> FailAsync(IChannelLayer layer, int number)
    {
        try
        {
            await layer.GroupSendAsync("room", Numbered(number));
            return null;
        }
        catch (ChannelLayerUnavailableException error)
        {
            return error;
        }
    }

    private static async Task ReadAsync(ChannelInbox inbox, ConcurrentQueue<long> received, CancellationToken over)
    {
        try
        {
            while (true)
            {
                received.Enqueue(NumberOf(await inbox.ReceiveAsync(over)));
            }
        }
        catch (OperationCanceledException)
        {
            return; // the test is over
        }
    }
}
