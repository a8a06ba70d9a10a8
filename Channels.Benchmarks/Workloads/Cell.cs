using System.Net;

namespace Channels.Benchmarks;

/// <summary>One run of a workload: whom, when and how long.</summary>
internal sealed record Cell(string Contestant, Dialect Dialect, IPEndPoint Target, int ServerProcessId, int Round, Timing Timing)
{
    /// <summary>Makes group names that no other cell uses.</summary>
    internal required string RunId { get; init; }

    /// <summary>Measures allocations after the timed window, where the server is a .NET process; null: not now.</summary>
    internal AllocationProbe? Allocations { get; init; }
}
