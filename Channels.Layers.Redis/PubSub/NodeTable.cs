using System.Net;

namespace Channels.Layers.Redis;

/// <summary>The servers of one entry of the host list, and which of them has which slots. Immutable.</summary>
/// <param name="map">Who has which slots; null for one server that has all.</param>
/// <param name="nodes">The servers, in the order of the map's.</param>
internal sealed class NodeTable(ClusterMap? map, PubSubNode[] nodes)
{
    public ClusterMap? Map => map;

    public IReadOnlyCollection<PubSubNode> Nodes => nodes;

    /// <summary>The server of a shard channel.</summary>
    public PubSubNode Of(string channel) => map is null ? nodes[0] : nodes[map.OwnerOf(ClusterSlot.Of(channel))];

    /// <summary>The server at an address; null when it is none of these.</summary>
    public PubSubNode? At(EndPoint server) => map is not null && map.Nodes.IndexOf(server) is >= 0 and var index ? nodes[index] : null;
}
