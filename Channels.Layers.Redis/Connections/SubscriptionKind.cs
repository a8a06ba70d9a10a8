namespace Channels.Layers.Redis;

/// <summary>How messages find a subscription.</summary>
internal enum SubscriptionKind
{
    /// <summary>By the name of a pub/sub channel, which every node of a cluster hears.</summary>
    Channel,

    /// <summary>By a pattern of such names.</summary>
    Pattern,

    /// <summary>By the name of a shard channel, which only the node hears that has its slot.</summary>
    Shard,
}
