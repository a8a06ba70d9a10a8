using System.Globalization;
using System.Net;

namespace Channels.Layers.Redis;

/// <summary>Which node of a cluster has which slots, as one of them sees it. Immutable.</summary>
internal sealed class ClusterMap
{
    private readonly short[] _owners = new short[ClusterSlot.Count];

    private ClusterMap(EndPoint[] nodes) => Nodes = nodes;

    /// <summary>The nodes that have slots.</summary>
    public IList<EndPoint> Nodes { get; }

    /// <summary>The place among the nodes of the one that has a slot; the first one's for a slot that nobody has, which says so when it is asked.</summary>
    public int OwnerOf(int slot) => _owners[slot];

    public bool IsAs(ClusterMap? other) => other is not null && Nodes.SequenceEqual(other.Nodes) && _owners.AsSpan().SequenceEqual(other._owners);

    /// <summary>Reads the answer to <c>CLUSTER NODES</c>.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="asked">Who gave it; a node may not know its own address.</param>
    /// <param name="byName">Whether a node that announces a host name is to be called by that.</param>
    /// <exception cref="IOException">No node has slots.</exception>
    /// <exception cref="FormatException">It is no such answer.</exception>
    public static ClusterMap Parse(string text, EndPoint asked, bool byName)
    {
        var owners = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(' '))
            .Select(parts => (Address: parts.ElementAtOrDefault(1) ?? throw Strange(), Slots: parts.Skip(8).Where(part => !part.StartsWith('[')).ToArray())) // in brackets: on its way, and still here
            .Where(node => node.Slots.Length > 0)
            .Select(node => (Node: EndPointOf(node.Address, asked, byName), node.Slots))
            .OrderBy(node => RedisEndPoint.Show(node.Node), StringComparer.Ordinal)
            .ToArray();
        if (owners.Length == 0)
        {
            throw new IOException("it is a cluster whose slots belong to nobody yet");
        }

        var map = new ClusterMap([.. owners.Select(node => node.Node)]);
        for (var i = 0; i < owners.Length; i++)
        {
            foreach (var range in owners[i].Slots)
            {
                var (first, last) = range.Split('-') is [var from, var to] ? (NumberOf(from), NumberOf(to)) : (NumberOf(range), NumberOf(range));
                map._owners.AsSpan(first, last >= first ? last - first + 1 : throw Strange()).Fill((short)i);
            }
        }

        return map;
    }

    // ip:port@bus,host, of which all behind the port may be missing.
    private static EndPoint EndPointOf(string address, EndPoint asked, bool byName)
    {
        var host = address.Split(',') is [_, { Length: > 0 } name, ..] && byName ? name : null;
        var plain = address.Split(',', '@')[0];
        var colon = plain.LastIndexOf(':');
        if (colon < 0)
        {
            throw Strange();
        }

        host ??= colon > 0 ? plain[..colon] : asked is IPEndPoint ip ? ip.Address.ToString() : (asked as DnsEndPoint)?.Host ?? "localhost"; // over a unix socket
        return RedisEndPoint.Parse($"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{plain[(colon + 1)..]}", defaultPort: 0);
    }

    private static int NumberOf(string slot) =>
        int.TryParse(slot, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < ClusterSlot.Count ? number : throw Strange();

    private static FormatException Strange() => new("the server's list of its cluster's nodes cannot be read");
}
