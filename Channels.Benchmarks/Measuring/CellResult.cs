namespace Channels.Benchmarks;

/// <summary>What one contestant reached in one workload in one round. A figure that was not measured is null.</summary>
internal sealed record CellResult
{
    public required string Workload { get; init; }

    public required string Contestant { get; init; }

    public required int Round { get; init; }

    /// <summary>Messages, requests or connections counted in the measured time.</summary>
    public long Count { get; init; }

    public double Seconds { get; init; }

    public double? PerSecond { get; init; }

    /// <summary>Latencies in microseconds.</summary>
    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? P999 { get; init; }

    /// <summary>CPU seconds of the server's processes per million deliveries (requests, connections, sends).</summary>
    public double? CpuPerMillion { get; init; }

    /// <summary>Share of one core that the server's processes, what they talk through, and the load generator used.</summary>
    public double? ServerCores { get; init; }

    public double? BackendCores { get; init; }

    public double? GeneratorCores { get; init; }

    /// <summary>Cores that none of these used: much of it means that the figures are disturbed.</summary>
    public double? OthersCores { get; init; }

    public double? AllocatedBytesPerDelivery { get; init; }

    /// <summary>Resident memory in bytes per open connection, above the empty process.</summary>
    public double? RssPerConnection { get; init; }

    /// <summary>Bytes of live objects per open connection.</summary>
    public double? HeapPerConnection { get; init; }

    /// <summary>Microseconds of CPU per second and open connection.</summary>
    public double? IdleMicroseconds { get; init; }

    public long Lost { get; init; }

    public long Duplicated { get; init; }

    public long Reordered { get; init; }

    public long Misrouted { get; init; }

    /// <summary>Connections that ended by themselves.</summary>
    public long Broken { get; init; }

    /// <summary>Why there are no figures; null when there are.</summary>
    public string? Failure { get; init; }

    /// <summary>True when nothing was lost, doubled, out of order, sent astray or cut off.</summary>
    public bool IsClean => Failure is null && Lost + Duplicated + Reordered + Misrouted + Broken == 0;
}
