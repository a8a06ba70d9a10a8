namespace Channels.Extending;

/// <summary>What became of a message for several channels of this process.</summary>
/// <param name="Reached">How many channels it was for, those that had no room included.</param>
/// <param name="Lost">How many messages were lost because a channel was full.</param>
public readonly record struct FanOutResult(int Reached, int Lost);
