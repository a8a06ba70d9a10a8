namespace Channels.Benchmarks;

/// <summary>One group of bars with a common scale.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<(string Label, double Value)> Bars)
{
    /// <summary>The panels that a workload's medians give; a figure that nobody has gives none.</summary>
    internal static IReadOnlyList<BarPanel> Of(Workload workload, IReadOnlyList<Summary> rows)
    {
        var panels = new[]
        {
            new BarPanel($"Server CPU seconds per million {workload.Unit} (less is better)", BarsOf(rows, static row => row.CpuPerMillion)),
            new BarPanel($"{workload.Unit} per second (more is better)", BarsOf(rows, static row => row.PerSecond)),
            new BarPanel("p99 latency, µs (less is better)", BarsOf(rows, static row => row.P99)),
            new BarPanel("Resident bytes per connection (less is better)", BarsOf(rows, static row => row.RssPerConnection)),
            new BarPanel("Bytes of live objects per connection (less is better)", BarsOf(rows, static row => row.HeapPerConnection)),
        };
        return [.. panels.Where(static panel => panel.Bars.Count > 0)];
    }

    private static (string Label, double Value)[] BarsOf(IReadOnlyList<Summary> rows, Func<Summary, double?> read) =>
        [.. rows.Where(row => read(row) is not null).Select(row => (row.Contestant, read(row)!.Value))];
}
