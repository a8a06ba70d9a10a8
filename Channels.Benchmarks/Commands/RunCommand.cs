using System.CommandLine;

namespace Channels.Benchmarks;

/// <summary><c>run</c>: measures all contestants side by side and writes the reports.</summary>
internal static class RunCommand
{
    internal static Command Create()
    {
        var switches = new RunSwitches();
        switches.Command.SetAction(line => Run(switches.Read(line)));
        return switches.Command;
    }

    /// <returns>0; 1 when nothing could be measured or a message was lost, doubled or out of order.</returns>
    private static int Run(RunOptions options)
    {
        OpenFileLimit.Raise();
        if (options.Install) NodePeer.Install(Console.Error);
        using var session = new RunSession(options, Console.Error);
        // A run that is cut short takes its servers with it.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => session.Dispose();
        var cells = session.Run();
        var summaries = Summary.Of(cells);
        var verdicts = TargetCatalog.All.SelectMany(target => target.Judge(summaries)).ToArray();

        var table = MarkdownReport.Write(summaries, verdicts, BuildRatio.Of(cells));
        Console.Write(table);
        Save(options, cells, summaries, verdicts, table);
        return summaries.Any(static summary => summary.IsClean) && summaries.All(IsSound) ? 0 : 1;
    }

    // A peer that fails is a hole in the table; a message that we lose is a defect.
    private static bool IsSound(Summary summary) =>
        summary.IsClean || !summary.Contestant.StartsWith("channels ", StringComparison.Ordinal);

    private static void Save(RunOptions options, IReadOnlyList<CellResult> cells, IReadOnlyList<Summary> summaries, TargetVerdict[] verdicts, string table)
    {
        var folder = Path.Combine(Repository.Root, options.Output);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "results.json"), JsonReport.Of(cells, summaries, verdicts).Write());
        File.WriteAllText(Path.Combine(folder, "results.md"), table);
        foreach (var (workload, _) in WorkloadCatalog.All)
        {
            var panels = BarPanel.Of(workload, [.. summaries.Where(summary => summary.Workload == workload.Name)]);
            if (panels.Count > 0) File.WriteAllText(Path.Combine(folder, workload.Name + ".svg"), new BarPlot(workload.Title, panels).Write());
        }

        Console.Error.WriteLine($"written: {folder}");
    }
}
