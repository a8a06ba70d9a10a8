using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>What all connections of one layer have in common.</summary>
/// <param name="Alias">The layer's alias.</param>
/// <param name="Options">The layer's options; not changed after start.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where connections report.</param>
/// <param name="Metrics">Where lost connections are counted; null for nowhere.</param>
internal sealed record RedisLinkSettings(string Alias, RedisLayerOptions Options, TimeProvider Time, ILogger Logger, ChannelsMetrics? Metrics = null)
{
    private readonly Counter<long>? _losses = Metrics?.Meter.CreateCounter<long>(
        "channels.redis.connection.losses", "{connection}", "Redis connections that failed and were replaced, by layer and purpose; what was sent meanwhile may be missed.");

    /// <summary>
    /// Whether keys of a cluster are looked for on the node that has them, which takes a connection to every node. Otherwise a
    /// link is one connection to one server, and what is sent on it stays in order. Default false.
    /// </summary>
    public bool FollowsSlots { get; init; }

    /// <summary>Called when a server says that a slot is another node's; null for nobody. Default null.</summary>
    public Action? OnMoved { get; init; }

    /// <summary>How long a blocking pop waits in the server before it answers "nothing".</summary>
    public static TimeSpan BlockTime { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How much longer than <see cref="BlockTime"/> the answer may take before the connection counts as dead.</summary>
    public TimeSpan PopDeadline => BlockTime + Options.CommandTimeout;

    /// <summary>What a connection is called in the server's list of clients.</summary>
    public string ClientNameOf(RedisLinkRole role) => $"channels-{Alias}-{role}".ToLowerInvariant();

    /// <summary>Counts a connection that failed.</summary>
    public void CountLoss(RedisLinkRole role) =>
        _losses?.Add(1, new("channels.layer", Alias), new("channels.redis.purpose", role.ToString().ToLowerInvariant()));

    /// <summary>An exception for this layer.</summary>
    public ChannelLayerUnavailableException Unavailable(string reason, bool outcomeUnknown = false, Exception? cause = null) =>
        new(Alias, reason, outcomeUnknown, cause);
}
