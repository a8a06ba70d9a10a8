namespace Channels.Benchmarks;

/// <summary>The options of <c>run</c>.</summary>
internal sealed record RunOptions
{
    internal Timing Timing { get; init; } = Timing.Default;

    /// <summary>How long each workload runs against each contestant before the first round, for the just-in-time compiler's sake.</summary>
    internal TimeSpan Settle { get; init; } = Timing.Quick.WarmUp;

    /// <summary>Names of the workloads to run; empty: all.</summary>
    internal string[] Only { get; init; } = [];

    /// <summary>Names of the peers to run; empty: all that this machine has.</summary>
    internal string[] Peers { get; init; } = [];

    /// <summary>What the contestants are called behind their peer's name, such as <c>/group-raw</c>; empty: all of the peers that run.</summary>
    internal string[] Paths { get; init; } = [];

    /// <summary>Folder for the JSON file and the plots; relative to the repository.</summary>
    internal string Output { get; init; } = Path.Combine("artifacts", "benchmarks");

    /// <summary>The checkout of another build of ours that takes part, built for release; null: none.</summary>
    internal string? Baseline { get; init; }

    /// <summary>Everyone who takes part unless <see cref="Peers"/> says otherwise.</summary>
    internal IReadOnlyList<Contestant> Contestants => PeerCatalog.With(Baseline);

    /// <summary>Fetch what the Node peers need first.</summary>
    internal bool Install { get; init; }

    internal bool Wants(Workload workload) => Only.Length == 0 || Only.Contains(workload.Name);

    internal bool Wants(Contestant contestant) =>
        (Peers.Length == 0 || Peers.Contains(contestant.Peer.Name)) && (Paths.Length == 0 || Paths.Contains(PathOf(contestant)));

    internal static string PathOf(Contestant contestant) => contestant.Name[(contestant.Name.IndexOf(' ', StringComparison.Ordinal) + 1)..];
}
