using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Channels.Benchmarks;

/// <summary>
/// A cell that is measured inside a benchmark program, run in a process of its own: so that another build of ours can take
/// part in what one process sends by itself. That process warms up with a round of its own.
/// </summary>
internal static class OtherProcess
{
    internal static CellResult Run(string program, Workload workload, Contestant contestant, int round, Timing timing)
    {
        if (!File.Exists(program)) throw new CellFailedException($"{program} is not built");
        var folder = Directory.CreateTempSubdirectory("channels-benchmarks").FullName;
        try
        {
            var seconds = Math.Max(1, (int)timing.Measure.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            var start = new ProcessStartInfo("dotnet", [program, "run", "--only", workload.Name, "--peers", contestant.Peer.Name, "--rounds", "1", "--seconds", seconds, "--output", folder])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start) ?? throw new CellFailedException("dotnet did not start");
            var errors = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var results = Path.Combine(folder, "results.json");
            if (!File.Exists(results)) throw new CellFailedException(errors.GetAwaiter().GetResult().Trim());
            using var report = JsonDocument.Parse(File.ReadAllBytes(results));
            var cell = report.RootElement.GetProperty("rounds")[0].Deserialize<CellResult>(JsonSerializerOptions.Web) ?? throw new CellFailedException("an empty report");
            return cell with { Contestant = contestant.Name, Round = round };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
