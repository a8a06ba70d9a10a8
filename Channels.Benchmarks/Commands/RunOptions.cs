using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>The options of <c>run</c>.</summary>
internal sealed record RunOptions
{
    internal Timing Timing { get; init; } = Timing.Default;

    /// <summary>Names of the workloads to run; empty: all.</summary>
    internal string[] Only { get; init; } = [];

    /// <summary>Names of the peers to run; empty: all that this machine has.</summary>
    internal string[] Peers { get; init; } = [];

    /// <summary>Folder for the JSON file and the plots; relative to the repository.</summary>
    internal string Output { get; init; } = Path.Combine("artifacts", "benchmarks");

    /// <summary>The checkout of another build of ours that takes part, built for release; null: none.</summary>
    internal string? Baseline { get; init; }

    /// <summary>Everyone who takes part unless <see cref="Peers"/> says otherwise.</summary>
    internal IReadOnlyList<Contestant> Contestants => PeerCatalog.With(Baseline);

    /// <summary>Fetch what the Node peers need first.</summary>
    internal bool Install { get; init; }

    internal static RunOptions Parse(string[] args)
    {
        var options = new RunOptions();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Timing = Timing.Quick },
                "--install" => options with { Install = true },
                "--only" => options with { Only = Names(args, ref i) },
                "--peers" => options with { Peers = Names(args, ref i) },
                "--baseline" => options with { Baseline = Folder(args, ref i) },
                "--output" => options with { Output = Value(args, ref i) },
                "--rounds" => options with { Timing = options.Timing with { Rounds = Number(args, ref i) } },
                "--seconds" => options with { Timing = options.Timing with { Measure = TimeSpan.FromSeconds(Number(args, ref i)) } },
                var other => throw new ArgumentException($"Unknown option '{other}'. Options: --quick, --only A,B, --peers A,B, --rounds N, --seconds N, --baseline CHECKOUT, --output FOLDER, --install."),
            };
        }

        Known(options.Only, WorkloadCatalog.All.Select(static entry => entry.Workload.Name), "workload");
        Known(options.Peers, options.Contestants.Select(static contestant => contestant.Peer.Name), "peer");
        return options;
    }

    internal bool Wants(Workload workload) => Only.Length == 0 || Only.Contains(workload.Name);

    internal bool Wants(Peer peer) => Peers.Length == 0 || Peers.Contains(peer.Name);

    private static string Value(string[] args, ref int index) =>
        ++index < args.Length ? args[index] : throw new ArgumentException($"{args[index - 1]} needs a value.");

    private static string Folder(string[] args, ref int index) =>
        Path.GetFullPath(Value(args, ref index)) is var folder && Directory.Exists(folder) ? folder : throw new ArgumentException($"--baseline: there is no folder {folder}.");

    private static string[] Names(string[] args, ref int index) =>
        Value(args, ref index).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static int Number(string[] args, ref int index)
    {
        var name = args[index];
        return int.TryParse(Value(args, ref index), CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{name} needs a number above 0.");
    }

    private static void Known(string[] names, IEnumerable<string> known, string what)
    {
        var all = known.Distinct().ToArray();
        foreach (var name in names)
        {
            if (!all.Contains(name)) throw new ArgumentException($"There is no {what} '{name}'; there are {string.Join(", ", all)}.");
        }
    }
}
