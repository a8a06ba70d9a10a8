using System.Net;

namespace Channels.Benchmarks;

/// <summary>One run of a workload: whom, when and how long.</summary>
/// <param name="Contestant">The name in the tables.</param>
/// <param name="Dialect">How the servers are spoken to.</param>
/// <param name="Servers">The processes that share the load.</param>
/// <param name="Round">Which round this is.</param>
/// <param name="Timing">How long the phases last.</param>
internal sealed record Cell(string Contestant, Dialect Dialect, IReadOnlyList<ServerProcess> Servers, int Round, Timing Timing)
{
    /// <summary>Makes group names that no other cell uses.</summary>
    internal required string RunId { get; init; }

    /// <summary>What the servers talk through, measured apart from them; null: nothing.</summary>
    internal ServerProcess? Backend { get; init; }

    /// <summary>Measures allocations after the timed window, where the server is one .NET process; null: not now.</summary>
    internal AllocationProbe? Allocations { get; init; }

    /// <summary>Measures what is alive in the server's heap, where the server is one .NET process; null: cannot be told.</summary>
    internal HeapProbe? Heap { get; init; }

    internal IReadOnlyList<int> ServerIds => [.. Servers.Select(static server => server.Id)];

    /// <summary>Connections go to the servers in turn.</summary>
    internal IPEndPoint TargetOf(int connection) => Servers[connection % Servers.Count].EndPoint;
}
