using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Channels.Benchmarks;

/// <summary><c>micro</c>: BenchmarkDotNet in this process, short jobs, allocations included. Its own options follow, for example <c>--filter *Router*</c>.</summary>
internal static class MicroCommand
{
    internal static Command Create()
    {
        var options = new Argument<string[]>("OPTIONS") { Arity = ArgumentArity.ZeroOrMore, Description = "options of BenchmarkDotNet (default: --filter *)", CaptureRemainingTokens = true };
        var command = new Command("micro", "measure small parts in this process, with BenchmarkDotNet") { options };
        command.SetAction(line => Run(line.GetValue(options) ?? []));
        return command;
    }

    private static int Run(string[] args)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(BenchmarkDotNet.Exporters.MarkdownExporter.GitHub)
            .WithArtifactsPath(Repository.Path("artifacts", "benchmarks", "micro"));
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(args.Length > 0 ? args : ["--filter", "*"], config);
        return summaries.Any(static summary => summary.HasCriticalValidationErrors || summary.Reports.Any(static report => !report.Success)) ? 1 : 0;
    }
}
