using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Layers.Redis;

/// <summary>Shard channels on a cluster of three nodes: what goes where, and what happens when slots move and nodes die.</summary>
[Proves("FN-1")]
public sealed class ShardedPubSubTests : RedisTestBase
{
    private static readonly string[] Groups = [.. Enumerable.Range(0, 12).Select(i => $"room-{i}")];

    [TestCase(false)]
    [TestCase(true)]
    public async Task Only_plain_messages_go_over_the_bus_of_the_cluster(bool sharded)
    {
        const int count = 200;
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var (layer, peer) = (MakeSharded(nodes[0], options => (options.ShardedPubSub, options.Capacity) = (sharded, 1000)), MakeSharded(nodes[1], options => options.ShardedPubSub = sharded));
        await using var member = await OpenMemberAsync(layer);
        for (var i = 0; i < count; i++)
        {
            await peer.GroupSendAsync("room", Numbered(i));
            await peer.SendAsync(member.Name, Numbered(i));
        }

        List<long> heard = [];
        for (var i = 0; i < 2 * count; i++)
        {
            heard.Add(NumberOf(await NextAsync(member)));
        }

        Assert.That(heard.Order(), Is.EqualTo(Enumerable.Range(0, count).SelectMany(i => new long[] { i, i })));
        Assert.That(await OverTheBusAsync(nodes), sharded ? Is.Zero : Is.GreaterThanOrEqualTo(2 * count));
    }

    [Test]
    public async Task A_node_that_dies_takes_only_its_own_groups_along_and_is_heard_again_when_it_is_back()
    {
        const int rounds = 150;
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var (layer, peer) = (MakeSharded(nodes[0], options => (options.Capacity, options.MaxUnconfirmedSends) = (10_000, 0)), MakeSharded(nodes[1], options => options.MaxUnconfirmedSends = 0));
        var members = new Dictionary<string, ChannelInbox>();
        foreach (var group in Groups)
        {
            members[group] = await OpenMemberAsync(layer, group);
            await UntilHeardAsync(peer, members[group], group);
        }

        var accepted = Groups.ToDictionary(group => group, _ => new List<long>());
        for (var i = 0; i < rounds; i++)
        {
            if (i == rounds / 3)
            {
                await nodes[2].KillAsync();
            }

            foreach (var group in Groups)
            {
                try
                {
                    await peer.GroupSendAsync(group, Numbered(i));
                    accepted[group].Add(i);
                }
                catch (ChannelLayerUnavailableException)
                {
                    // the dead node's
                }
            }
        }

        var dead = Groups.Where(group => accepted[group].Count < rounds).ToArray();
        Assert.That(dead, Is.EqualTo(Groups.Where(group => ClusterSlot.Of($"asgi__group__{{{group}}}") >= 10923)).And.Not.Empty);
        foreach (var group in Groups.Except(dead))
        {
            foreach (var number in accepted[group])
            {
                Assert.That(await NextNumberAsync(members[group]), Is.EqualTo(number), group);
            }
        }

        await nodes[2].RestartAsync();
        foreach (var group in Groups)
        {
            await UntilHeardAsync(peer, members[group], group);
        }

        Assert.That(layer.Links.Where(link => link.Host == nodes[1].Address).Select(link => link.Reconnects), Is.EqualTo(new[] { 0, 0 }));
    }

    [Test]
    public async Task A_slot_that_moves_is_followed_by_who_sends_and_by_who_hears()
    {
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var layer = MakeSharded(nodes[0], options => (options.OnDisconnect, options.OnReconnect) = ("test.lost", "test.back"));
        var peer = MakeSharded(nodes[2]);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(peer, member);
        var slot = ClusterSlot.Of("asgi__group__{room}");
        var target = nodes.First(node => node != nodes[slot / 5461]);
        await MoveAsync(nodes, slot, target);

        await UntilTypeAsync(member, "test.lost");
        await UntilTypeAsync(member, "test.back");
        await layer.GroupSendAsync("room", Numbered(1));
        Assert.That(await NextNumberAsync(member), Is.EqualTo(1));
        await UntilHeardAsync(peer, member);

        // Who joins while the slot moves is confirmed by the node that has it then.
        await MoveAsync(nodes, slot, nodes.First(node => node != target));
        await using var late = await OpenMemberAsync(peer);
        await UntilTypeAsync(member, "test.back");
        await layer.GroupSendAsync("room", Numbered(2));
        Assert.That((await NextNumberAsync(late), await NextNumberAsync(member)), Is.EqualTo((2, 2)));
        await layer.GroupDiscardAsync("room", member.Name);
        await peer.GroupDiscardAsync("room", late.Name);
        foreach (var node in nodes)
        {
            Assert.That(await node.CommandAsync("PUBSUB", "SHARDCHANNELS", "*group*"), Is.EqualTo("*0\n"));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Histories_are_written_on_the_nodes_of_their_slots(bool sharded)
    {
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var services = new ServiceCollection();
        services.AddChannels().AddRedisPubSubLayer(configure: options =>
        {
            RedisOptions.BePatient(options);
            options.Hosts.Add(nodes[0].Address);
            options.ShardedPubSub = sharded;
        });
        var provider = Own(services.BuildServiceProvider());
        var (layer, history) = (provider.GetRequiredService<IChannelLayer>(), provider.GetRequiredService<IGroupHistory>());
        foreach (var group in Groups)
        {
            await using var member = await OpenMemberAsync(layer, group);
            await history.PublishAsync(group, Numbered(1));
            Assert.That(await NextNumberAsync(member), Is.EqualTo(1));
            Assert.That((await history.ReadAsync(group, HistoryPosition.Oldest)).Messages.Select(NumberOf), Is.EqualTo(new[] { 1 }));
        }

        foreach (var node in nodes)
        {
            Assert.That(await node.CommandAsync("DBSIZE"), Is.Not.EqualTo(":0\n"));
        }
    }

    [Test]
    public async Task One_subscription_stands_for_all_channels_of_a_process()
    {
        var server = await StartServerAsync();
        var (layer, peer) = (MakeSharded(server), MakeSharded(server));
        await using var first = await layer.NewChannelAsync("chat");
        await using var second = await layer.NewChannelAsync("game");
        await peer.SendAsync(first.Name, Numbered(1));
        await peer.SendAsync(second.Name, Numbered(2));
        Assert.That((await NextNumberAsync(first), await NextNumberAsync(second)), Is.EqualTo((1, 2)));
        Assert.That(await server.CommandAsync("PUBSUB", "SHARDCHANNELS"), Does.StartWith("*1\n").And.Contain("asgi__process__"));
        Assert.That(await server.CommandAsync("PUBSUB", "CHANNELS"), Is.EqualTo("*0\n"));
        Assert.ThrowsAsync<InvalidOperationException>(async () => await peer.ReceiveAsync(first.Name));
    }

    [Test]
    public async Task A_stranger_in_the_channel_of_a_process_is_dropped_and_counted()
    {
        var server = await StartServerAsync();
        using var drops = new DropCounter();
        var layer = MakePubSub(server.Address, options => options.ShardedPubSub = true, drops.Metrics);
        await using var inbox = await layer.NewChannelAsync();
        var channel = (await server.CommandAsync("PUBSUB", "SHARDCHANNELS")).Split('\n')[2];
        await server.CommandAsync("SPUBLISH", channel, "stranger");
        await server.CommandAsync("SPUBLISH", channel, "\u0081\u00a4type\u00a4nope"); // a message without receiver
        await layer.SendAsync(inbox.Name, Numbered(1));
        Assert.That(await NextNumberAsync(inbox), Is.EqualTo(1));
        Assert.That(drops["undecodable"], Is.EqualTo(2));
    }

    [Test]
    public async Task A_server_without_shard_channels_stops_the_start()
    {
        var server = await StartServerAsync("--rename-command", "SPUBLISH", "");
        var error = Assert.ThrowsAsync<InvalidOperationException>(() => MakeSharded(server).StartAsync());
        Assert.That(error!.Message, Does.Contain(server.Address).And.Contain("7.0").And.Contain("ShardedPubSub"));
    }

    [Test]
    public async Task A_cluster_that_was_away_at_the_start_is_found()
    {
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        foreach (var node in nodes)
        {
            await node.KillAsync();
        }

        var layer = MakeSharded(nodes[0]);
        await layer.StartAsync();
        await using var member = await OpenMemberAsync(layer);
        Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await layer.GroupSendAsync("room", Numbered(1)));
        await Task.WhenAll(nodes.Select(node => node.RestartAsync()));
        await UntilHeardAsync(layer, member);
        await UntilHeardDirectlyAsync(layer, member);
    }

    [TestCase("a{b")]
    [TestCase("{}x")]
    public void A_prefix_with_half_a_hash_tag_is_refused(string prefix) => Assert.That(
        () => new RedisPubSubLayer(options: new() { ShardedPubSub = true, Prefix = prefix }), Throws.ArgumentException.With.Message.Contains("Prefix").And.Message.Contains("{tag}"));

    private RedisPubSubLayer MakeSharded(RedisServer server, Action<RedisLayerOptions>? configure = null) => MakePubSub(server.Address, options =>
    {
        options.ShardedPubSub = true;
        configure?.Invoke(options);
    });

    private static async Task MoveAsync(IReadOnlyList<RedisServer> nodes, int slot, RedisServer target)
    {
        var id = (await target.CommandAsync("CLUSTER", "MYID")).Split('\n')[1];
        await target.CommandAsync("CLUSTER", "BUMPEPOCH"); // else a former owner that hears of it by the nodes' own talk, before it is told, may take the slot back
        foreach (var node in nodes.OrderBy(node => node != target)) // first who is to have it
        {
            Assert.That(await node.CommandAsync("CLUSTER", "SETSLOT", slot.ToString(CultureInfo.InvariantCulture), "NODE", id), Is.EqualTo("+OK\n"));
        }
    }

    private static async Task UntilTypeAsync(ChannelInbox inbox, string type)
    {
        while ((await NextAsync(inbox)).Type != type)
        {
            // another one
        }
    }

    private static async Task<long> OverTheBusAsync(IReadOnlyList<RedisServer> nodes)
    {
        var sent = 0L;
        foreach (var node in nodes)
        {
            foreach (var line in (await node.CommandAsync("CLUSTER", "INFO")).Split('\n'))
            {
                sent += line.Split(':') is ["cluster_stats_messages_publish_sent" or "cluster_stats_messages_publishshard_sent", var number] ? long.Parse(number, CultureInfo.InvariantCulture) : 0;
            }
        }

        return sent;
    }
}
