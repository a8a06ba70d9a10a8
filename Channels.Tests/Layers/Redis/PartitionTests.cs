using System.Diagnostics;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Links that hang, break in the middle of a command, or flap, through a proxy.</summary>
public sealed class PartitionTests : RedisTestBase
{
    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("F-05", "REL-25")]
    public async Task A_half_open_link_is_noticed_replaced_and_no_stray_pop_eats_a_message(string layout)
    {
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = Make(layout, proxy.Address, options =>
        {
            options.PingInterval = TimeSpan.FromSeconds(5); // silence is noticed by that, and a machine that is only busy is not silent for so long
            (options.CommandTimeout, options.ConnectTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        });
        var outside = Make(layout, server.Address);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(outside, member);
        proxy.Hold();
        await Eventually.Is(() => Links(layer).All(link => !link.IsConnected));
        proxy.CutAll(); // the held bytes never arrive
        proxy.Release();
        await UntilHeardAsync(outside, member);
        for (var i = 0; i < 50; i++)
        {
            await outside.SendAsync(member.Name, Numbered(i));
        }

        for (var i = 0; i < 50; i++)
        {
            long number;
            do
            {
                number = NumberOf(await NextAsync(member));
            }
            while (number > 50); // late probes
            Assert.That(number, Is.EqualTo(i));
        }
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("REL-20", "F-22")]
    public async Task Cut_after_any_number_of_bytes_nothing_hangs_and_nothing_comes_twice(string layout)
    {
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        IChannelLayer MakeSender() => Make(layout, proxy.Address, options => (options.Capacity, options.CommandTimeout) = (10_000, TimeSpan.FromSeconds(5))); // in the core layout the sender's capacity counts, and the receiver may be held up
        var sender = MakeSender();
        var receiver = Make(layout, server.Address, options => options.Capacity = 10_000);
        await using var member = await OpenMemberAsync(receiver);
        await UntilHeardAsync(sender, member);
        for (var bytes = 1; bytes < 600; bytes += 37)
        {
            sender = MakeSender(); // one that is cut again and again waits longer and longer
            await UntilSentAsync(sender, member.Name);
            proxy.CutAfter(bytes);
            for (var i = 0; i < 5; i++)
            {
                try
                {
                    await sender.SendAsync(member.Name, Numbered(bytes * 10 + i));
                }
                catch (ChannelLayerUnavailableException)
                {
                    break; // cut; whether it went through is unknown, but never twice
                }
            }

            await UntilSentAsync(sender, member.Name);
        }

        const long end = 10_000;
        await receiver.SendAsync(member.Name, Numbered(end)); // all others were sent before
        var seen = new HashSet<long>();
        long number;
        while ((number = NumberOf(await NextAsync(member))) != end)
        {
            Assert.That(number is < 0 or >= LeastProbe || seen.Add(number), "twice");
        }

        Assert.That(seen, Is.Not.Empty);
    }

    [Test]
    [Proves("REL-19")]
    public async Task A_flapping_link_ends_with_every_subscription()
    {
        const int groups = 1000;
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakePubSub(proxy.Address, options => options.Capacity = 5000);
        await using var member = await layer.NewChannelAsync();
        for (var i = 0; i < groups; i++)
        {
            await layer.GroupAddAsync($"g{i}", member.Name);
        }

        proxy.CutAll();
        await Eventually.Is(() => layer.Links.Any(link => link.Reconnects > 0)); // back, and about to subscribe again
        proxy.CutAll();
        await Eventually.Is(async () => await CountAsync(server) == groups);
        Assert.That(await server.CommandAsync("PUBSUB", "NUMPAT"), Is.EqualTo(":1\n"), "one pattern for all channels of the process");
        var outside = MakePubSub(server.Address);
        for (var i = 0; i < groups; i++)
        {
            await outside.GroupSendAsync($"g{i}", Numbered(i));
        }

        for (var i = 0; i < groups; i++)
        {
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("R-PUB-1A")]
    public async Task Loss_and_return_are_announced_to_every_channel_once()
    {
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakePubSub(proxy.Address, options => (options.OnDisconnect, options.OnReconnect) = ("layer.lost", "layer.back"));
        await using var first = await OpenMemberAsync(layer);
        await using var second = await layer.NewChannelAsync();
        var named = layer.ReceiveAsync("work").AsTask();
        await Eventually.Is(async () => (await server.CommandAsync("PUBSUB", "NUMSUB", "work")).EndsWith(":1\n", StringComparison.Ordinal));
        proxy.CutAll();
        Assert.That((await named).Type, Is.EqualTo("layer.lost"));
        Assert.That((await NextAsync(layer, "work")).Type, Is.EqualTo("layer.back"));
        foreach (var inbox in new[] { first, second })
        {
            Assert.That((await NextAsync(inbox)).Type, Is.EqualTo("layer.lost"));
            Assert.That((await NextAsync(inbox)).Type, Is.EqualTo("layer.back"));
        }

        var outside = MakePubSub(server.Address);
        await outside.GroupSendAsync("room", Numbered(1)); // confirmed again: nothing is missed after the announcement
        Assert.That(NumberOf(await NextAsync(first)), Is.EqualTo(1));
        Assert.That(second.Count, Is.Zero);
    }

    [Test]
    [Proves("F-11")]
    public async Task A_subscriber_that_redis_cuts_off_subscribes_again_and_the_gap_is_counted()
    {
        using var counted = new DropCounter();
        var server = await StartServerAsync("--client-output-buffer-limit", "pubsub 1mb 512kb 5");
        var proxy = Own(new FaultProxy(server.Port));
        var layer = MakePubSub(proxy.Address, options => (options.PingInterval, options.OnReconnect) = (TimeSpan.FromMinutes(5), "layer.back"), counted.Metrics);
        await using var member = await OpenMemberAsync(layer);
        var outside = MakePubSub(server.Address);
        await UntilHeardAsync(outside, member);
        proxy.Hold(); // reads no more, and Redis' buffer fills up
        var large = new ChannelMessage("test.large", new() { ["b"] = new byte[1 << 20] });
        await Eventually.Is(async () =>
        {
            await outside.GroupSendAsync("room", large);
            return !(await server.CommandAsync("CLIENT", "LIST", "TYPE", "pubsub")).Contains("channels-default-subscriptions", StringComparison.Ordinal)
                || (await server.CommandAsync("PUBSUB", "NUMSUB", "asgi__group__room")).EndsWith(":0\n", StringComparison.Ordinal);
        });
        proxy.Release();
        await UntilHeardAsync(outside, member);
        Assert.That(counted["subscriptions"], Is.EqualTo(1));
    }

    [Test]
    [Proves("REL-26")]
    public async Task Links_tell_their_state()
    {
        var server = await StartServerAsync();
        var proxy = Own(new FaultProxy(server.Port));
        using var counted = new DropCounter();
        var layer = MakeCore(proxy.Address, options => options.PingInterval = TimeSpan.FromSeconds(5), metrics: counted.Metrics); // a ping that is answered late would be another reconnect
        await layer.StartAsync();
        Assert.That(layer.Links.Select(link => (link.Purpose, link.IsConnected, link.Reconnects)), Is.EqualTo(new[] { ("commands", true, 0), ("pops", true, 0) }));
        await Eventually.Is(() => layer.Links[0].RoundTrip > TimeSpan.Zero);
        proxy.CutAll();
        await Eventually.Is(() => layer.Links.All(link => link.IsConnected && link.Reconnects == 1));
        Assert.That((counted["commands"], counted["pops"]), Is.EqualTo((1, 1)));
        Assert.That(layer.Links, Has.All.Property(nameof(RedisLinkHealth.LastError)).Not.Null);
        Assert.That(layer.Links, Has.All.Property(nameof(RedisLinkHealth.Host)).EqualTo(proxy.Address));
    }

    [Test]
    [Proves("REL-18")]
    public void Waits_before_reconnecting_grow_and_do_not_synchronise()
    {
        var random = new Random(1);
        var waits = Enumerable.Range(0, 1000).Select(_ => ReconnectDelay.Of(5, random.NextDouble()).TotalMilliseconds).ToArray();
        Assert.That(waits, Has.All.InRange(50, 3000));
        var buckets = waits.GroupBy(wait => (int)wait / 100).Select(bucket => bucket.Count()).ToArray();
        Assert.That(buckets.Max(), Is.LessThanOrEqualTo(3 * buckets.Average()));
        Assert.That(ReconnectDelay.Of(0, 0.999), Is.LessThan(ReconnectDelay.Of(3, 0.999)));
    }

    [Test]
    public void A_server_that_restarts_every_few_seconds_is_found_as_quickly_each_time_and_one_that_takes_connections_only_to_end_them_is_not()
    {
        var (restarted, flapping) = (0, 0);
        for (var i = 0; i < 10; i++)
        {
            restarted = ReconnectDelay.FailuresAfter(restarted, TimeSpan.FromSeconds(2));
            flapping = ReconnectDelay.FailuresAfter(flapping, TimeSpan.FromMilliseconds(10));
        }

        Assert.That((restarted, flapping), Is.EqualTo((0, 10)));
    }

    [Test]
    [Description("A server that is restarted is away for a second at most, and members of a history wait for it.")]
    public void A_server_that_was_away_for_a_second_is_found_within_another()
    {
        TimeSpan gone = TimeSpan.Zero, next = TimeSpan.Zero;
        for (var failures = 0; gone < TimeSpan.FromSeconds(1); failures++)
        {
            next = ReconnectDelay.Of(failures, 0.999);
            gone += next;
        }

        Assert.That(next, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(ReconnectDelay.Of(0, 0.999), Is.LessThanOrEqualTo(TimeSpan.FromSeconds(0.1)));
    }

    private static IReadOnlyList<RedisLinkHealth> Links(IChannelLayer layer) => layer is RedisCoreLayer core ? core.Links : ((RedisPubSubLayer)layer).Links;

    private static Task UntilSentAsync(IChannelLayer layer, string channel)
    {
        var number = 0L;
        return Eventually.Is(async () =>
        {
            try
            {
                await layer.SendAsync(channel, Numbered(--number));
                return true;
            }
            catch (ChannelLayerUnavailableException)
            {
                return false;
            }
        });
    }

    private static async Task<int> CountAsync(RedisServer server) =>
        (await server.CommandAsync("PUBSUB", "CHANNELS", "asgi__group__*")).Split('\n').Count(line => line.StartsWith("asgi", StringComparison.Ordinal));
}
