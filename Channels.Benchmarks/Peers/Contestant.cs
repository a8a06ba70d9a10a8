namespace Channels.Benchmarks;

/// <summary>A peer in one of its ways of working; the name stands in the tables.</summary>
internal sealed record Contestant(string Name, Peer Peer, LoadKinds Kinds, Dialect Dialect);
