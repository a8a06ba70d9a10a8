namespace Channels.Fuzzing;

/// <summary>A decoder has made of its input what cannot be.</summary>
internal sealed class BrokenInvariantException(string invariant) : Exception(invariant);
