namespace Channels.Layers.Redis;

/// <summary>What a connection is for; each kind has its own, so that none waits behind another.</summary>
internal enum RedisLinkRole
{
    /// <summary>Short commands, pipelined.</summary>
    Commands,

    /// <summary>Blocking pops of the core layout.</summary>
    Pops,

    /// <summary>Subscriptions of the pub/sub layout.</summary>
    Subscriptions,

    /// <summary>Questions which node of a cluster has which slots.</summary>
    Slots,
}
