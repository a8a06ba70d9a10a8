namespace Channels.Layers.Redis;

/// <summary>What is subscribed to.</summary>
/// <param name="Text">The pub/sub channel, or the pattern.</param>
/// <param name="IsPattern">Whether it is a pattern.</param>
internal readonly record struct SubscriptionName(string Text, bool IsPattern = false);
