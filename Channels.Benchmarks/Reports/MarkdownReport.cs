using System.Globalization;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>The tables of a run as Markdown.</summary>
internal static class MarkdownReport
{
    internal static string Write(IReadOnlyList<Summary> summaries, IReadOnlyList<TargetVerdict> verdicts, IReadOnlyList<BuildRatio> builds)
    {
        var text = new StringBuilder();
        foreach (var (workload, _) in WorkloadCatalog.All)
        {
            var rows = summaries.Where(summary => summary.Workload == workload.Name).ToArray();
            if (rows.Length > 0) WriteWorkload(text, workload, rows);
        }

        if (builds.Count > 0) WriteBuilds(text, builds);
        if (verdicts.Count > 0) WriteVerdicts(text, verdicts);
        return text.ToString();
    }

    private static void WriteWorkload(StringBuilder text, Workload workload, Summary[] rows)
    {
        var columns = new Column[]
        {
            new($"{workload.Unit}/s", static row => Number(row.PerSecond)),
            new("p50 µs", static row => Number(row.P50)),
            new("p99 µs", static row => Number(row.P99)),
            new("p99.9 µs", static row => Number(row.P999)),
            new("CPU s per million", static row => Number(row.CpuPerMillion)),
            new("× limit", row => Ratio(rows, row, PeerCatalog.Limit)),
            new("× SignalR", row => Ratio(rows, row, PeerCatalog.SignalR)),
            new("server cores", static row => Number(row.ServerCores)),
            new("Redis cores", static row => Number(row.BackendCores)),
            new("generator cores", static row => Number(row.GeneratorCores)),
            new("others' cores", static row => Number(row.OthersCores)),
            new("bytes allocated each", static row => Number(row.AllocatedBytesPerDelivery)),
            new("RSS bytes each", static row => Number(row.RssPerConnection)),
            new("heap bytes each", static row => Number(row.HeapPerConnection)),
            new("µs per second and connection", static row => Number(row.IdleMicroseconds)),
            new("lost/doubled/reordered/astray/broken", static row => Faults(row)),
        };
        var shown = columns.Where(column => column.Title == columns[^1].Title || rows.Any(row => column.Read(row).Length > 0)).ToArray();
        text.Append(CultureInfo.InvariantCulture, $"### {workload.Title} (`{workload.Name}`)\n\n| |");
        foreach (var column in shown) text.Append(CultureInfo.InvariantCulture, $" {column.Title} |");
        text.Append("\n|---|").Insert(text.Length, "---:|", shown.Length).Append('\n');
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Contestant} |");
            foreach (var column in shown) text.Append(CultureInfo.InvariantCulture, $" {column.Read(row)} |");
            text.Append('\n');
        }

        text.Append('\n');
    }

    private static void WriteBuilds(StringBuilder text, IReadOnlyList<BuildRatio> builds)
    {
        text.Append("### This build beside the other one\n\nThe ratio is the median of the rounds' own ratios, new to old, with its standard error.\n\n| workload | contestant | figure | old | new | new/old | ± | lowest to highest |\n|---|---|---|---:|---:|---:|---:|---:|\n");
        foreach (var build in builds)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {build.Workload} | {build.Contestant} | {build.Figure} | {Number(build.Old)} | {Number(build.New)} | {build.Ratio:0.000} | {build.Error:0.000} | {build.Lowest:0.000} to {build.Highest:0.000} |\n");
        }

        text.Append('\n');
    }

    private static void WriteVerdicts(StringBuilder text, IReadOnlyList<TargetVerdict> verdicts)
    {
        text.Append("### Targets\n\n| workload | ours | figure | against | target | reached | |\n|---|---|---|---|---:|---:|---|\n");
        foreach (var verdict in verdicts)
        {
            var target = verdict.Target;
            var (bound, reached) = target.IsAbsolute
                ? (Number(target.Bound), Number(verdict.Reached))
                : (string.Create(CultureInfo.InvariantCulture, $"{target.Bound:0.##} ×"), string.Create(CultureInfo.InvariantCulture, $"{verdict.Reached:0.000} ×"));
            text.Append(CultureInfo.InvariantCulture,
                $"| {target.Workload} | {target.Contestant} | {target.Figure.Name} | {verdict.Against} | {(target.Figure.MoreIsBetter ? "≥" : "≤")} {bound} | {reached} | {(verdict.Passed ? "pass" : "**FAIL**")} |\n");
        }
    }

    private static string Ratio(Summary[] rows, Summary row, string against)
    {
        var other = rows.FirstOrDefault(summary => summary.Contestant == against);
        var ratio = other is null ? null : row.CpuPerMillion / other.CpuPerMillion ?? row.RssPerConnection / other.RssPerConnection;
        return ratio is null ? "" : ratio.Value.ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static string Faults(Summary row) => row.Failure is { } failure
        ? "failed: " + failure.Replace('|', '/').ReplaceLineEndings(" ")
        : row.IsClean ? "none" : string.Create(CultureInfo.InvariantCulture, $"{row.Lost}/{row.Duplicated}/{row.Reordered}/{row.Misrouted}/{row.Broken}");

    internal static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    private sealed record Column(string Title, Func<Summary, string> Read);
}
