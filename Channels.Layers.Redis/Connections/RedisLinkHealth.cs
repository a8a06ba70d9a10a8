namespace Channels.Layers.Redis;

/// <summary>How one connection of a Redis layer is.</summary>
/// <param name="Host">The server, without secrets.</param>
/// <param name="Purpose">What the connection is for: commands, pops, subscriptions, or (sharded pub/sub) slots, which asks what node has which.</param>
/// <param name="IsConnected">Whether it works now.</param>
/// <param name="LastError">Why it last failed; null if it never did.</param>
/// <param name="RoundTrip">How long the server took to answer the last ping.</param>
/// <param name="Reconnects">How often it was replaced since the start.</param>
public sealed record RedisLinkHealth(string Host, string Purpose, bool IsConnected, string? LastError, TimeSpan RoundTrip, int Reconnects);
