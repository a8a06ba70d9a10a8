namespace Channels.Benchmarks;

/// <summary>Open connections that do nothing: the processor time that the server spends on them, pings included.</summary>
internal sealed record IdleCpuWorkload(string Name, string Title, int Connections) : Workload(Name, Title)
{
    // Opened within a second, connections are pinged within a second, a turn later.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1.5);

    // In the first turns the just-in-time compilers cost more than the pings that they compile.
    private const int TurnsToSettle = 3;

    internal override string Unit => "connections";

    internal override CellResult Run(Cell cell)
    {
        using var loop = new LoadLoop();
        var observer = new EndCounter();
        var dialect = cell.Dialect.For(cell.RunId);
        var clients = Enumerable.Range(0, Connections).Select(_ => new WebSocketClient(dialect, observer)).ToArray();
        new ClientFleet(loop, cell).OpenAll(clients, () => observer.Failure);
        var turn = cell.Timing.WholeTurns ? cell.Dialect.HeartbeatTurn : cell.Timing.Measure;
        Idle(loop, cell.Timing.WholeTurns ? TurnsToSettle * turn : Settling);
        var before = CpuClock.Nanoseconds(cell.ServerIds);
        Idle(loop, turn);
        var used = CpuClock.Nanoseconds(cell.ServerIds) - before;
        var broken = observer.Ended;
        foreach (var client in clients) client.StartClose();
        return new CellResult
        {
            Workload = Name,
            Contestant = cell.Contestant,
            Round = cell.Round,
            Count = Connections,
            IdleMicroseconds = used / 1e3 / turn.TotalSeconds / Connections,
            Broken = broken,
        };
    }

    private static void Idle(LoadLoop loop, TimeSpan time)
    {
        var end = DateTime.UtcNow + time;
        while (DateTime.UtcNow < end) loop.RunOnce(50);
    }
}
