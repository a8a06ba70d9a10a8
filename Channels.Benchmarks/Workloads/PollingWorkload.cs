namespace Channels.Benchmarks;

/// <summary>Clients that poll and hear of nothing: the processor time that the server spends on them, pings included.</summary>
internal sealed record PollingWorkload(string Name, string Title, int Connections) : Workload(Name, Title)
{
    private const int OpeningAtOnce = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal override string Unit => "connections";

    internal override CellResult Run(Cell cell)
    {
        using var loop = new LoadLoop();
        var clients = Enumerable.Range(0, Connections).Select(_ => new PollingClient(cell.Dialect)).ToArray();
        OpenAll(loop, cell, clients);
        var turn = cell.Timing.WholeTurns ? cell.Dialect.HeartbeatTurn : cell.Timing.Measure;
        var before = CpuClock.Nanoseconds(cell.ServerIds);
        for (var end = DateTime.UtcNow + turn; DateTime.UtcNow < end;) loop.RunOnce(50);
        var used = CpuClock.Nanoseconds(cell.ServerIds) - before;
        return new CellResult
        {
            Workload = Name,
            Contestant = cell.Contestant,
            Round = cell.Round,
            Count = Connections,
            IdleMicroseconds = used / 1e3 / turn.TotalSeconds / Connections,
            Broken = clients.Count(static client => client.Failure is not null),
        };
    }

    private static void OpenAll(LoadLoop loop, Cell cell, PollingClient[] clients)
    {
        var (begun, end) = (0, DateTime.UtcNow + Patience);
        while (clients.Any(static client => !client.IsOpen))
        {
            for (; begun < clients.Length && begun - clients.Count(static client => client.IsOpen) < OpeningAtOnce; begun++)
                loop.Open(clients[begun], cell.TargetOf(begun));
            loop.RunOnce(100);
            if (Failure(clients) is { } reason) throw new CellFailedException(reason);
            if (DateTime.UtcNow > end) throw new CellFailedException($"not all clients were let in within {Patience.TotalSeconds} s");
        }
    }

    private static string? Failure(PollingClient[] clients) => clients.FirstOrDefault(static client => client.Failure is not null)?.Failure;
}
