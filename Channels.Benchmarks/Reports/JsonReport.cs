using System.Text.Json;
using System.Text.Json.Serialization;

namespace Channels.Benchmarks;

/// <summary>Everything a run measured, for machines: each round, the medians and the verdicts.</summary>
internal sealed record JsonReport(
    Machine Machine,
    IReadOnlyList<Summary> Medians,
    IReadOnlyList<JsonVerdict> Targets,
    IReadOnlyList<CellResult> Rounds)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal static JsonReport Of(IReadOnlyList<CellResult> cells, IReadOnlyList<Summary> summaries, IReadOnlyList<TargetVerdict> verdicts) =>
        new(Machine.Here(), summaries, [.. verdicts.Select(JsonVerdict.Of)], cells);

    internal string Write() => JsonSerializer.Serialize(this, Options) + "\n";
}
