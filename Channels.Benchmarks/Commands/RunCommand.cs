namespace Channels.Benchmarks;

/// <summary><c>run</c>: measures all contestants side by side and writes the reports.</summary>
internal static class RunCommand
{
    internal static int Run(string[] args)
    {
        RunOptions options;
        try
        {
            options = RunOptions.Parse(args);
        }
        catch (ArgumentException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }

        OpenFileLimit.Raise();
        using var session = new RunSession(options, Console.Error);
        var results = session.Run();
        foreach (var r in results) Console.WriteLine($"{r.Workload,-15} {r.Contestant,-22} {r.PerSecond,10:F0}/s cpu/M {r.CpuPerMillion,7:F2} p50 {r.P50,7:F0} p99 {r.P99,7:F0} srv {r.ServerCores:F2} gen {r.GeneratorCores:F2} alloc {r.AllocatedBytesPerDelivery:F1} rss {r.RssPerConnection:F0} clean {r.IsClean} {r.Failure}");
        return results.Count == 0 ? 1 : 0;
    }
}
