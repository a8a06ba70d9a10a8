using System.Globalization;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>A real cluster of three masters without replicas, each of which can be killed.</summary>
internal sealed class RedisCluster(IReadOnlyList<RedisServer> nodes)
{
    private static readonly (string First, string Last)[] Slots = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

    // A node that stalls is not dead: those that take it for dead refuse what has slots, drop what is on its way to it, and forget whom they are about to meet.
    private static readonly string NodeTimeout = Eventually.Patience.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);

    public IReadOnlyList<RedisServer> Nodes => nodes;

    /// <summary>Starts the nodes by the given means, and waits until each says that the cluster is complete.</summary>
    public static async Task<RedisCluster> StartAsync(Func<string[], Task<RedisServer>> startServer)
    {
        var buses = Slots.Select(_ => FreePort.Next().ToString(CultureInfo.InvariantCulture)).ToArray();
        List<RedisServer> nodes = [];
        foreach (var bus in buses)
        {
            nodes.Add(await startServer(["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", NodeTimeout]));
        }

        for (var i = 0; i < nodes.Count; i++)
        {
            Assert.That(await nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Slots[i].First, Slots[i].Last), Is.EqualTo("+OK\n"));
        }

        foreach (var node in nodes.Skip(1))
        {
            Assert.That(await node.CommandAsync("CLUSTER", "MEET", "127.0.0.1", nodes[0].Port.ToString(CultureInfo.InvariantCulture), buses[0]), Is.EqualTo("+OK\n"));
        }

        foreach (var node in nodes)
        {
            await Eventually.Is(async () => await node.CommandAsync("CLUSTER", "INFO") is var info
                && info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal));
        }

        return new(nodes);
    }
}
