namespace Channels.Benchmarks;

/// <summary>A peer in one of its ways of working; the name stands in the tables.</summary>
/// <param name="Name">The name.</param>
/// <param name="Peer">The server program.</param>
/// <param name="Kinds">What it can do.</param>
/// <param name="Dialect">How clients talk to it.</param>
internal sealed record Contestant(string Name, Peer Peer, LoadKinds Kinds, Dialect Dialect)
{
    /// <summary>For what is measured inside a benchmark program: the build of it that measures; null: this process.</summary>
    internal string? Program { get; init; }

    /// <summary>The measured code is compiled while it runs: the peer's, or this program's own where it is what sends.</summary>
    internal bool IsJitted => Peer.IsDotNet || (Kinds & (LoadKinds.LayerSends | LoadKinds.Presence)) != 0;
}
