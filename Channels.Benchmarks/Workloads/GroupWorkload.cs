namespace Channels.Benchmarks;

/// <summary>
/// Groups of receivers; one or several members of each group publish, each with a number of messages under way at a time.
/// An echo is a group of one.
/// </summary>
internal sealed record GroupWorkload(string Name, string Title) : Workload(Name, Title)
{
    internal required int Groups { get; init; }

    internal required int Members { get; init; }

    internal required int PayloadBytes { get; init; }

    /// <summary>How many members of each group publish.</summary>
    internal int Publishers { get; init; } = 1;

    /// <summary>How many messages of one publisher are under way.</summary>
    internal int Window { get; init; } = 1;

    internal Refill Refill { get; init; }

    internal override CellResult Run(Cell cell)
    {
        using var driver = new GroupDriver(this, cell);
        return driver.Run();
    }
}
