namespace Channels.Layers.Redis;

/// <summary>One entry of the host list in the pub/sub layout: a server, or with shards a cluster of them.</summary>
internal interface IPubSubHost
{
    /// <summary>The connections that live as long as the layer.</summary>
    IEnumerable<IRedisLink> Links { get; }

    /// <summary>Whether it is known which server is for what, as far as it can be.</summary>
    bool IsReady { get; }

    /// <summary>The link for commands about keys, which on a cluster finds the server that has them; elsewhere they keep their order with what is published.</summary>
    RedisLink Keys { get; }

    /// <summary>All servers.</summary>
    IReadOnlyCollection<PubSubNode> Nodes { get; }

    /// <summary>The server that a pub/sub channel belongs to.</summary>
    PubSubNode NodeOf(string channel);

    /// <summary>
    /// Subscribes or unsubscribes so that it agrees with what is wanted now; done when the server has confirmed. While the
    /// host is away it is only noted.
    /// </summary>
    /// <param name="name">The pub/sub channel or pattern.</param>
    /// <param name="isWanted">Asked under a lock, so that the last of several callers is right for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask ReconcileAsync(SubscriptionName name, Func<bool> isWanted, CancellationToken cancellationToken);

    /// <summary>Ends all connections, once what was published before is answered.</summary>
    Task EndAsync();
}
