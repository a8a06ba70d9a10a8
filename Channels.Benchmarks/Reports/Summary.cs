namespace Channels.Benchmarks;

/// <summary>The medians of one contestant in one workload; what went wrong is added up, never averaged away.</summary>
internal sealed record Summary
{
    public required string Workload { get; init; }

    public required string Contestant { get; init; }

    public required int Rounds { get; init; }

    public double? PerSecond { get; init; }

    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? P999 { get; init; }

    public double? CpuPerMillion { get; init; }

    public double? ServerCores { get; init; }

    public double? BackendCores { get; init; }

    public double? GeneratorCores { get; init; }

    public double? OthersCores { get; init; }

    public double? AllocatedBytesPerDelivery { get; init; }

    public double? RssPerConnection { get; init; }

    public double? HeapPerConnection { get; init; }

    public double? IdleMicroseconds { get; init; }

    public long Lost { get; init; }

    public long Duplicated { get; init; }

    public long Reordered { get; init; }

    public long Misrouted { get; init; }

    public long Broken { get; init; }

    /// <summary>The first failure of any round.</summary>
    public string? Failure { get; init; }

    public bool IsClean => Failure is null && Lost + Duplicated + Reordered + Misrouted + Broken == 0;

    internal static IReadOnlyList<Summary> Of(IEnumerable<CellResult> cells) =>
        [.. cells.GroupBy(static cell => (cell.Workload, cell.Contestant)).Select(static rounds => Of(rounds.Key.Workload, rounds.Key.Contestant, [.. rounds]))];

    private static Summary Of(string workload, string contestant, CellResult[] rounds) => new()
    {
        Workload = workload,
        Contestant = contestant,
        Rounds = rounds.Length,
        PerSecond = Median.Of(rounds.Select(static cell => cell.PerSecond)),
        P50 = Median.Of(rounds.Select(static cell => cell.P50)),
        P99 = Median.Of(rounds.Select(static cell => cell.P99)),
        P999 = Median.Of(rounds.Select(static cell => cell.P999)),
        CpuPerMillion = Median.Of(rounds.Select(static cell => cell.CpuPerMillion)),
        ServerCores = Median.Of(rounds.Select(static cell => cell.ServerCores)),
        BackendCores = Median.Of(rounds.Select(static cell => cell.BackendCores)),
        GeneratorCores = Median.Of(rounds.Select(static cell => cell.GeneratorCores)),
        OthersCores = Median.Of(rounds.Select(static cell => cell.OthersCores)),
        AllocatedBytesPerDelivery = Median.Of(rounds.Select(static cell => cell.AllocatedBytesPerDelivery)),
        RssPerConnection = Median.Of(rounds.Select(static cell => cell.RssPerConnection)),
        HeapPerConnection = Median.Of(rounds.Select(static cell => cell.HeapPerConnection)),
        IdleMicroseconds = Median.Of(rounds.Select(static cell => cell.IdleMicroseconds)),
        Lost = rounds.Sum(static cell => cell.Lost),
        Duplicated = rounds.Sum(static cell => cell.Duplicated),
        Reordered = rounds.Sum(static cell => cell.Reordered),
        Misrouted = rounds.Sum(static cell => cell.Misrouted),
        Broken = rounds.Sum(static cell => cell.Broken),
        Failure = rounds.Select(static cell => cell.Failure).FirstOrDefault(static failure => failure is not null),
    };
}
