using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Channels.Benchmarks;

/// <summary>The switches of <c>run</c>, and the options that they make.</summary>
internal sealed class RunSwitches
{
    private readonly Option<bool> _quick = new("--quick") { Description = "short phases and one round" };

    private readonly Option<bool> _install = new("--install") { Description = "fetch what the Node peers need first" };

    private readonly Option<string[]> _only = NewNames("--only", "the workloads to run (default: all)");

    private readonly Option<string[]> _peers = NewNames("--peers", "the peers to run (default: all that this machine has)");

    private readonly Option<string[]> _paths = NewNames("--paths", "the contestants to run, as they are called behind their peer's name (default: all of the peers)");

    private readonly Option<int?> _rounds = NewNumber<int>("--rounds", "how often each workload is run against each peer");

    private readonly Option<double?> _seconds = NewNumber<double>("--seconds", "how long each is measured");

    private readonly Option<double?> _warmUp = NewNumber<double>("--warm-up", "how many seconds pass before, in which what runs often is compiled once more");

    private readonly Option<double?> _settle = NewNumber<double>("--settle", "how many seconds each workload runs against each peer before the first round");

    private readonly Option<DirectoryInfo> _baseline = new Option<DirectoryInfo>("--baseline")
    {
        HelpName = "CHECKOUT",
        Description = "the checkout of another build of ours that takes part, built for release",
    }.AcceptExistingOnly();

    private readonly Option<string> _output = new("--output") { HelpName = "FOLDER", Description = "where the reports go, relative to the repository (default: artifacts/benchmarks)" };

    internal Command Command { get; }

    internal RunSwitches()
    {
        Command = new Command("run", "measure all contestants side by side and write the reports") { _quick, _install, _only, _peers, _paths, _rounds, _seconds, _warmUp, _settle, _baseline, _output };
        _only.CompletionSources.Add(_ => Workloads);
        _peers.CompletionSources.Add(_ => Peers(new RunOptions()));
        _only.Validators.Add(given => Know(given, Names(given.Tokens), Workloads, "workload"));
        Command.Validators.Add(line =>
        {
            var baseline = line.GetResult(_baseline) is { Tokens: [{ Value: var folder }] } ? Path.GetFullPath(folder) : null;
            Know(line, Names(line.GetResult(_peers)?.Tokens ?? []), Peers(new RunOptions { Baseline = baseline }), "peer");
            Know(line, Names(line.GetResult(_paths)?.Tokens ?? []), new RunOptions { Baseline = baseline }.Contestants.Select(RunOptions.PathOf), "contestant");
        });
    }

    internal RunOptions Read(ParseResult line)
    {
        var options = new RunOptions();
        var timing = line.GetValue(_quick) ? Timing.Quick : options.Timing;
        return options with
        {
            Timing = timing with
            {
                Rounds = line.GetValue(_rounds) ?? timing.Rounds,
                WarmUp = Seconds(line.GetValue(_warmUp)) ?? timing.WarmUp,
                Measure = Seconds(line.GetValue(_seconds)) ?? timing.Measure,
            },
            Settle = Seconds(line.GetValue(_settle)) ?? options.Settle,
            Install = line.GetValue(_install),
            Only = line.GetValue(_only) ?? [],
            Peers = line.GetValue(_peers) ?? [],
            Paths = line.GetValue(_paths) ?? [],
            Baseline = line.GetValue(_baseline)?.FullName,
            Output = line.GetValue(_output) ?? options.Output,
        };
    }

    private static IEnumerable<string> Workloads => WorkloadCatalog.All.Select(static entry => entry.Workload.Name);

    private static IEnumerable<string> Peers(RunOptions options) => options.Contestants.Select(static contestant => contestant.Peer.Name);

    private static Option<string[]> NewNames(string name, string description) => new(name) { HelpName = "A,B", Description = description, CustomParser = static given => Names(given.Tokens) };

    private static TimeSpan? Seconds(double? number) => number is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private static Option<T?> NewNumber<T>(string name, string description)
        where T : struct, INumber<T>
    {
        static T? Parse(string text) => T.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > T.Zero ? number : null;
        return new Option<T?>(name)
        {
            HelpName = "N",
            Description = description,
            CustomParser = given =>
            {
                var number = Parse(given.Tokens[0].Value);
                if (number is null) given.AddError($"{name} needs a {(typeof(T) == typeof(int) ? "whole number" : "number")} above 0, not '{given.Tokens[0].Value}'.");
                return number;
            },
        };
    }

    private static string[] Names(IEnumerable<Token> tokens) =>
        [.. tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static void Know(SymbolResult given, string[] names, IEnumerable<string> known, string what)
    {
        var all = known.Distinct().ToArray();
        foreach (var name in names.Except(all)) given.AddError($"There is no {what} '{name}'; there are {string.Join(", ", all)}.");
    }
}
