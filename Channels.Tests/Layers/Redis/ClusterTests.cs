using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>The pub/sub layout on a cluster: each connection is one connection to one node, whatever the others do.</summary>
public sealed class ClusterTests : RedisTestBase
{
    [Test]
    [Proves("FC-10")]
    public async Task Messages_of_one_sender_stay_in_order_from_node_to_node()
    {
        const int count = 3000;
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        await using var member = await OpenMemberAsync(MakePubSub(nodes[0].Address, options =>
        {
            RedisOptions.BePatient(options);
            options.Capacity = 2 * count;
        }));
        var sender = MakePubSub(nodes[1].Address);
        await UntilHeardAsync(sender, member);
        for (var i = 0; i < count; i++)
        {
            await (i % 2 == 0 ? sender.GroupSendAsync("room", Numbered(i)) : sender.SendAsync(member.Name, Numbered(i)));
        }

        for (var i = 0; i < count; i++)
        {
            Assert.That(await NextNumberAsync(member), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("FC-10")]
    public async Task A_node_that_is_not_named_may_die_unnoticed()
    {
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var layer = MakePubSub(nodes[0].Address);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        await nodes[2].KillAsync();
        for (var i = 0; i < 500; i++)
        {
            await layer.GroupSendAsync("room", Numbered(i));
            Assert.That(await NextNumberAsync(member), Is.EqualTo(i));
        }

        Assert.That(layer.Links.Select(link => (link.IsConnected, link.Reconnects)), Is.All.EqualTo((true, 0)));
    }

    [Test]
    [Proves("FC-10")]
    public async Task An_entry_that_names_several_nodes_goes_on_with_the_next_one()
    {
        var nodes = (await RedisCluster.StartAsync(StartServerAsync)).Nodes;
        var layer = MakePubSub($"redis://{nodes[0].Address},{nodes[1].Address},{nodes[2].Address}");
        var peer = MakePubSub(nodes[2].Address);
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(peer, member);
        await nodes[0].KillAsync();
        await Eventually.Is(() => layer.Links.All(link => link.Reconnects > 0 && link.IsConnected));
        await UntilHeardAsync(layer, member);
        await UntilHeardAsync(peer, member);
    }

    [Test]
    [Proves("FN-12")]
    public async Task Servers_of_an_entry_that_cannot_be_used_are_named_each_with_its_reason()
    {
        var server = await StartServerAsync();
        await server.CommandAsync("CONFIG", "SET", "requirepass", "right");
        var nobody = MakeServer();
        var layer = MakePubSub($"redis://:wrong@{server.Address},{nobody.Address}");
        await layer.StartAsync();
        var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await layer.GroupSendAsync("room", Numbered(1)));
        Assert.That(error!.Message, Does.Contain($"{server.Address}: it refuses the user or password").And.Contain($"{nobody.Address}: nobody answers there").And.Not.Contain("AbortOnConnectFail"));
    }
}
