namespace Channels.Benchmarks;

/// <summary>Open connections that do nothing: what each costs in resident memory above the process that has served many in turn, and in live objects above the process that serves none any more.</summary>
internal sealed record IdleWorkload(string Name, string Title, int Connections) : Workload(Name, Title)
{
    private const int WarmUpConnections = 50;
    private const int WarmUps = 60;
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    internal override string Unit => "connections";

    internal override bool NeedsFreshServer => true;

    // The runtime's own choice follows the third-level cache, 32 MB on many servers. Then the moment of the last collection
    // decides how much garbage of opening connections counts as theirs: up to half as much again, for one server or another.
    internal override long? Gen0Bytes => 4 * 1024 * 1024;

    internal override CellResult Run(Cell cell)
    {
        WarmUp(cell);
        var (before, after) = (ProcessMemory.ResidentBytes(cell.ServerIds), 0L);
        long? full = null;
        var broken = Open(cell, Connections, (loop, _) =>
        {
            after = ProcessMemory.SettledBytes(cell.ServerIds, Patience, () => Idle(loop));
            full = cell.Heap?.Measure(() => loop.RunOnce(20)); // collects, so it comes after the other figure
            return 0;
        });
        var empty = cell.Heap?.Measure(static () => Thread.Sleep(20));
        return new CellResult
        {
            Workload = Name,
            Contestant = cell.Contestant,
            Round = cell.Round,
            Count = Connections,
            RssPerConnection = (double)(after - before) / Connections,
            HeapPerConnection = (double?)(full - empty) / Connections,
            Broken = broken,
        };
    }

    // Until code is compiled and the runtime has touched what it allocates between two collections: neither belongs to the
    // connections, and both would count as theirs.
    private static void WarmUp(Cell cell)
    {
        var end = DateTime.UtcNow + WarmUpTime;
        for (var i = 0; i < WarmUps && DateTime.UtcNow < end; i++) Open(cell, WarmUpConnections, static (_, _) => 0);
    }

    private static int Open(Cell cell, int count, Func<LoadLoop, int, long> then)
    {
        using var loop = new LoadLoop();
        var observer = new EndCounter();
        var dialect = cell.Dialect.For(cell.RunId);
        var clients = Enumerable.Range(0, count).Select(_ => new WebSocketClient(dialect, observer)).ToArray();
        new ClientFleet(loop, cell).OpenAll(clients, () => observer.Failure);
        then(loop, count);
        var broken = observer.Ended;
        foreach (var client in clients) client.StartClose();
        var end = DateTime.UtcNow + Patience;
        while (loop.Count > 0 && DateTime.UtcNow < end) loop.RunOnce(20);
        return broken;
    }

    private static void Idle(LoadLoop loop)
    {
        var end = DateTime.UtcNow.AddMilliseconds(400);
        while (DateTime.UtcNow < end) loop.RunOnce(50);
    }
}
