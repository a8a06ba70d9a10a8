namespace Channels;

/// <summary>What a consumer learns when it joins a group whose history it follows.</summary>
/// <param name="Newest">The position of the newest message; with offset 0 when there was none yet. What was missed comes up to here.</param>
/// <param name="Gone">
/// Whether messages that followed the position given are no longer kept, or it was none of this history's. Then nothing of the past
/// comes: the client loads its state anew, and goes on at <paramref name="Newest"/>.
/// </param>
public readonly record struct HistoryJoin(HistoryPosition Newest, bool Gone);
