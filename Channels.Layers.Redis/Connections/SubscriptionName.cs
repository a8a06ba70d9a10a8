namespace Channels.Layers.Redis;

/// <summary>What is subscribed to.</summary>
/// <param name="Text">The pub/sub channel, or the pattern.</param>
/// <param name="Kind">Which of them.</param>
internal readonly record struct SubscriptionName(string Text, SubscriptionKind Kind = SubscriptionKind.Channel);
