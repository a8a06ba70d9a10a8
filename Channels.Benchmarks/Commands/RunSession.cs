using System.Diagnostics;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;

namespace Channels.Benchmarks;

/// <summary>
/// One interleaved run: in every round each workload is run against each contestant in turn, so that whatever disturbs
/// the machine disturbs all of them. Servers live through the whole run, except where their memory is measured.
/// </summary>
internal sealed class RunSession(RunOptions options, TextWriter log) : IDisposable
{
    private readonly Dictionary<Peer, PeerServers> _servers = [];
    private readonly HashSet<Peer> _unable = [];
    private int _cells;

    internal IReadOnlyList<CellResult> Run()
    {
        var contestants = options.Contestants.Where(options.Wants).ToArray();
        foreach (var peer in contestants.Select(static contestant => contestant.Peer).Distinct())
        {
            if ((peer.Missing ?? peer.Backend?.Missing) is not { } missing) continue;
            log.WriteLine($"{peer.Name}: {missing}");
            _unable.Add(peer);
        }

        RunRound(0, Timing.Quick with { WarmUp = options.Settle }, contestants.Where(static contestant => contestant is { IsJitted: true, Program: null }), static workload => !workload.NeedsFreshServer);
        var results = new List<CellResult>();
        for (var round = 1; round <= options.Timing.Rounds; round++)
            results.AddRange(RunRound(round, options.Timing, contestants, static _ => true));
        return results;
    }

    public void Dispose()
    {
        foreach (var server in _servers.Values) server.Dispose();
        _servers.Clear();
    }

    // Round 0 is thrown away: it gives the just-in-time compiler of every server the time it needs.
    private List<CellResult> RunRound(int round, Timing timing, IEnumerable<Contestant> contestants, Func<Workload, bool> include)
    {
        var results = new List<CellResult>();
        foreach (var (workload, kind) in WorkloadCatalog.All)
        {
            if (!options.Wants(workload) || !include(workload)) continue;
            var able = contestants.Where(contestant => (contestant.Kinds & kind) != 0 && IsDue(contestant.Peer, round)).ToArray();
            // Each round begins with another contestant, so that none always runs first.
            for (var i = 0; i < able.Length; i++) results.Add(RunCell(workload, able[(i + round) % able.Length], round, timing));
        }

        return results;
    }

    private bool IsDue(Peer peer, int round) => !_unable.Contains(peer) && (round <= 1 || !peer.OneRoundIsEnough);

    private CellResult RunCell(Workload workload, Contestant contestant, int round, Timing timing)
    {
        log.Write($"round {round}: {workload.Name}, {contestant.Name}");
        var started = Stopwatch.GetTimestamp();
        try
        {
            if (contestant.Program is { } program) return OtherProcess.Run(program, workload, contestant, round, timing);
            if (!workload.NeedsFreshServer) return Run(workload, contestant, round, timing, Server(contestant.Peer));
            using var fresh = Start(contestant.Peer, workload.Gen0Bytes);
            return Run(workload, contestant, round, timing, fresh);
        }
        catch (Exception failed) when (failed is CellFailedException or InvalidOperationException or InvalidDataException or DiagnosticsClientException or System.ComponentModel.Win32Exception)
        {
            log.Write($" failed: {failed.Message}");
            return new CellResult { Workload = workload.Name, Contestant = contestant.Name, Round = round, Failure = failed.Message };
        }
        finally
        {
            log.WriteLine(string.Create(CultureInfo.InvariantCulture, $" ({Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s)"));
        }
    }

    private CellResult Run(Workload workload, Contestant contestant, int round, Timing timing, PeerServers running)
    {
        var isOneDotNetProcess = contestant.Peer is { IsDotNet: true, Processes: 1 };
        var cell = new Cell(contestant.Name, contestant.Dialect, running.Servers, round, timing)
        {
            RunId = string.Create(CultureInfo.InvariantCulture, $"b{++_cells:D4}"),
            Backend = running.Backend,
            Allocations = round == timing.Rounds && isOneDotNetProcess ? new AllocationProbe(running.Servers[0].Id) : null, // in the last: all of it is compiled by then
            Heap = isOneDotNetProcess ? new HeapProbe(running.Servers[0].Id) : null,
        };
        var result = running.Run(workload, cell);
        running.WaitUntilQuiet();
        return result;
    }

    private PeerServers Server(Peer peer)
    {
        if (_servers.TryGetValue(peer, out var running) && !running.HasExited) return running;
        if (running is not null)
        {
            log.WriteLine($"  {peer.Name} had ended and is started again: {running.LastOutput}");
            running.Dispose();
        }

        return _servers[peer] = Start(peer);
    }

    private PeerServers Start(Peer peer, long? gen0Bytes = null) =>
        PeerServers.Start(peer, peer.Backend is { } backend ? Server(backend) : null, gen0Bytes);
}
