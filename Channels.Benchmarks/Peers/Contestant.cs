namespace Channels.Benchmarks;

/// <summary>A peer in one of its ways of working; the name stands in the tables.</summary>
internal sealed record Contestant(string Name, Peer Peer, LoadKinds Kinds, Dialect Dialect)
{
    /// <summary>The measured code is compiled while it runs: the peer's, or this program's own where it is what sends.</summary>
    internal bool IsJitted => Peer.IsDotNet || (Kinds & LoadKinds.LayerSends) != 0;
}
