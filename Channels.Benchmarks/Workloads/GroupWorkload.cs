namespace Channels.Benchmarks;

/// <summary>
/// Groups of receivers; one member of each group publishes, with a number of messages under way at a time. An echo is a
/// group of one.
/// </summary>
internal sealed record GroupWorkload(string Name, string Title) : Workload(Name, Title)
{
    internal required int Groups { get; init; }

    internal required int Members { get; init; }

    internal required int PayloadBytes { get; init; }

    internal int Window { get; init; } = 1;

    internal override CellResult Run(Cell cell)
    {
        using var driver = new GroupDriver(this, cell);
        return driver.Run();
    }
}
