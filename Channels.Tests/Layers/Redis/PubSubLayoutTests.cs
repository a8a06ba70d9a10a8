using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>What the pub/sub layout subscribes to, publishes and drops.</summary>
public sealed class PubSubLayoutTests : RedisTestBase
{
    [Test]
    [Proves("R-PUB-01")]
    public async Task Names_are_Pythons_and_bear_the_prefix()
    {
        var layer = MakePubSub((await StartServerAsync()).Address, options => options.Prefix = "my:app:");
        await using var plain = await layer.NewChannelAsync();
        await using var custom = await layer.NewChannelAsync("custom");
        Assert.That(plain.Name, Does.Match(@"^my:app:specific\.[0-9a-f]{32}$"));
        Assert.That(custom.Name, Does.Match(@"^my:app:custom\.[0-9a-f]{32}$"));
        await layer.SendAsync(plain.Name, Numbered(1));
        await layer.SendAsync(custom.Name, Numbered(2));
        Assert.That(NumberOf(await NextAsync(plain)), Is.EqualTo(1));
        Assert.That(NumberOf(await NextAsync(custom)), Is.EqualTo(2));
    }

    [Test]
    [Proves("R-PUB-12")]
    public async Task When_a_join_returns_the_subscription_is_confirmed()
    {
        var server = await StartServerAsync();
        var (layer, outside) = (MakePubSub(server.Address), MakePubSub(server.Address));
        await using var member = await layer.NewChannelAsync();
        await outside.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            await layer.GroupAddAsync($"g{i}", member.Name);
            await outside.GroupSendAsync($"g{i}", Numbered(i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("R-PUB-12")]
    public async Task Concurrent_joins_of_one_group_all_wait_for_the_confirmation()
    {
        var server = await StartServerAsync();
        var (layer, outside) = (MakePubSub(server.Address), MakePubSub(server.Address));
        await outside.StartAsync();
        for (var round = 0; round < 50; round++)
        {
            var group = $"g{round}";
            var heard = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
            {
                var member = await layer.NewChannelAsync();
                await layer.GroupAddAsync(group, member.Name);
                await outside.GroupSendAsync(group, Numbered(i));
                var numbers = new List<long>();
                while (!numbers.Contains(i))
                {
                    numbers.Add(NumberOf(await NextAsync(member)));
                }

                await member.DisposeAsync();
                return numbers;
            }));
            Assert.That(heard, Has.All.Unique);
        }

        Assert.That(await server.CommandAsync("PUBSUB", "CHANNELS", "asgi__group__*"), Is.EqualTo("*0\n"), "the last member unsubscribes (R-PUB-14, R-PUB-17)");
    }

    [Test]
    [Proves("R-PUB-14")]
    public async Task One_subscription_per_group_and_process_and_only_own_channels_may_join()
    {
        var server = await StartServerAsync();
        var layer = MakePubSub(server.Address);
        var members = new List<ChannelInbox>();
        for (var i = 0; i < 100; i++)
        {
            members.Add(await OpenMemberAsync(layer));
        }

        Assert.That(await server.CommandAsync("PUBSUB", "NUMSUB", "asgi__group__room"), Does.EndWith(":1\n"));
        await layer.GroupSendAsync("room", Numbered(1));
        var first = await NextAsync(members[0]);
        foreach (var member in members.Skip(1))
        {
            Assert.That(await NextAsync(member), Is.SameAs(first), "decoded once per process");
        }

        Assert.That(async () => await layer.GroupAddAsync("room", "asgispecific.00"), Throws.InvalidOperationException.With.Message.Contains("core layout"));
    }

    [Test]
    [Proves("R-PUB-16")]
    public async Task A_slow_consumer_loses_its_oldest_messages_which_are_counted()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakePubSub(server.Address, options => options.Capacity = 3, drops.Metrics);
        await using var slow = await OpenMemberAsync(layer);
        for (var i = 0; i < 10; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
        }

        await Eventually.Is(() => drops["slow_consumer"] == 7);
        Assert.That(new[] { NumberOf(await NextAsync(slow)), NumberOf(await NextAsync(slow)), NumberOf(await NextAsync(slow)) }, Is.EqualTo(new[] { 7, 8, 9 }));
    }

    [Test]
    [Proves("R-NEW-05")]
    public async Task What_was_sent_leaves_before_the_layer_ends()
    {
        var server = await StartServerAsync();
        await using var member = await OpenMemberAsync(MakePubSub(server.Address, options => options.Capacity = 1000));
        for (var run = 0; run < 10; run++)
        {
            var sender = MakePubSub(server.Address);
            for (var i = 0; i < 50; i++)
            {
                await sender.GroupSendAsync("room", Numbered(i));
            }

            await sender.DisposeAsync();
            for (var i = 0; i < 50; i++)
            {
                Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
            }
        }
    }

    [Test]
    [Proves("R-PUB-07", "R-PUB-18")]
    public async Task What_cannot_be_read_is_dropped_and_counted()
    {
        using var drops = new DropCounter();
        var server = await StartServerAsync();
        var layer = MakePubSub(server.Address, metrics: drops.Metrics);
        await using var member = await OpenMemberAsync(layer);
        foreach (var payload in new[] { "", "\u00c1", "\u0093\u0001\u0002\u0003", "{\"type\": \"x\"}", "\u0080" })
        {
            await server.CommandAsync("PUBLISH", "asgi__group__room", payload);
        }

        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
        Assert.That(drops["undecodable"], Is.EqualTo(5));
    }

    [Test]
    [Proves("R-ENC-05")]
    public async Task Payloads_are_encrypted_and_age_is_not_judged()
    {
        var server = await StartServerAsync();
        static void Keys(RedisLayerOptions options) => options.SymmetricEncryptionKeys.Add("key");
        var (layer, outside) = (MakePubSub(server.Address, Keys), MakePubSub(server.Address, Keys));
        await using var member = await OpenMemberAsync(layer);
        await outside.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(1));
    }

    [Test]
    [Proves("R-PUB-10")]
    public async Task Shards_are_chosen_by_the_published_name()
    {
        var (one, two, three) = (await StartServerAsync(), await StartServerAsync(), await StartServerAsync());
        RedisServer[] servers = [one, two, three];
        var layer = MakePubSub(one.Address, options =>
        {
            options.Hosts.Add(two.Address);
            options.Hosts.Add(three.Address);
        });
        await using var member = await layer.NewChannelAsync();
        for (var i = 0; i < 12; i++)
        {
            await layer.GroupAddAsync($"g{i}", member.Name);
            var home = servers[ShardRing.IndexOf($"asgi__group__g{i}", 3)];
            Assert.That(await home.CommandAsync("PUBSUB", "NUMSUB", $"asgi__group__g{i}"), Does.EndWith(":1\n"));
            await layer.GroupSendAsync($"g{i}", Numbered(i));
            Assert.That(NumberOf(await NextAsync(member)), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("R-PUB-15", "R-PUB-17", "R-PUB-1B")]
    public async Task Flush_and_closing_touch_this_process_only()
    {
        var server = await StartServerAsync();
        var (layer, other) = (MakePubSub(server.Address), MakePubSub(server.Address));
        await using var closes = await OpenMemberAsync(layer, "closed");
        await using var flushed = await OpenMemberAsync(layer);
        await using var elsewhere = await OpenMemberAsync(other);
        await closes.DisposeAsync();
        Assert.That(await server.CommandAsync("PUBSUB", "NUMSUB", "asgi__group__closed"), Does.EndWith(":0\n"), "closing leaves all groups");
        await layer.FlushAsync();
        Assert.That(await server.CommandAsync("PUBSUB", "NUMSUB", "asgi__group__room"), Does.EndWith(":1\n"));
        await other.GroupSendAsync("room", Numbered(1));
        Assert.That(NumberOf(await NextAsync(elsewhere)), Is.EqualTo(1));
        await layer.SendAsync(flushed.Name, Numbered(2));
        Assert.That(NumberOf(await NextAsync(flushed)), Is.EqualTo(2), "the inbox is still open, and in no group");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_channel_whose_opening_is_given_up_leaves_nothing(bool sharded)
    {
        await using var proxy = new FaultProxy((await StartServerAsync()).Port);
        var layer = MakePubSub(proxy.Address, options =>
        {
            options.ShardedPubSub = sharded;
            options.CommandTimeout = options.PingInterval = Eventually.Patience; // the link is not given up first
        });
        await Eventually.Is(async () =>
        {
            await layer.StartAsync();
            return layer.Links.All(link => link.IsConnected);
        });
        proxy.HoldAnswers();
        using var impatience = new CancellationTokenSource();
        var opening = layer.NewChannelAsync(cancellationToken: impatience.Token).AsTask();
        await Eventually.Is(() => OpenChannels() == 1);
        await impatience.CancelAsync();
        Assert.That(async () => await opening, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(OpenChannels(), Is.Zero);
        proxy.Release();
        await using var next = await layer.NewChannelAsync();
        await layer.SendAsync(next.Name, Numbered(1));
        Assert.That(NumberOf(await NextAsync(next)), Is.EqualTo(1));

        int OpenChannels() => ((IHistoryLayer)layer).Local.Table.Mailboxes.Count();
    }

    [Test]
    public async Task Idle_sockets_hold_no_subscription_of_their_own()
    {
        var server = await StartServerAsync();
        var layer = MakePubSub(server.Address);
        for (var i = 0; i < 1000; i++)
        {
            await layer.NewChannelAsync();
        }

        Assert.That(await server.CommandAsync("PUBSUB", "NUMPAT"), Is.EqualTo(":1\n"));
        Assert.That(await server.CommandAsync("PUBSUB", "CHANNELS"), Is.EqualTo("*0\n"));
    }
}
