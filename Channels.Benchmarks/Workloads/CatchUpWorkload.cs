using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Many clients come back at once to a history in which each has missed a lot: what it costs to give it to them.</summary>
/// <param name="Clients">How many come back.</param>
/// <param name="Messages">How many each has missed.</param>
internal sealed record CatchUpWorkload(string Name, string Title, int Clients, int Messages) : Workload(Name, Title)
{
    private const int TextBytes = 128;
    private const int Window = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    internal override CellResult Run(Cell cell)
    {
        using var loop = new LoadLoop();
        var publisher = new HistoryClient(cell.RunId, delays: null);
        loop.Open(publisher.Connect(), cell.TargetOf(0));
        Until(loop, () => publisher.IsJoined, "connect");
        Publish(loop, publisher);

        var clients = Enumerable.Range(0, Clients).Select(_ => new HistoryClient(cell.RunId, delays: null)).ToArray();
        var meter = new Meter(cell);
        meter.Start();
        var next = 0;
        Until(loop, () =>
        {
            for (var opening = 0; next < clients.Length && opening < 8; opening++, next++) // so that no backlog of the server overflows
            {
                clients[next].ComeBackTo(publisher.Beginning);
                loop.Open(clients[next].Connect(), cell.TargetOf(next));
            }

            return next == clients.Length && Array.TrueForAll(clients, client => client.Offset >= publisher.Offset);
        }, "catch up");
        meter.Count = clients.Sum(static client => client.InOrder);
        meter.Stop();
        foreach (var client in clients.Append(publisher)) client.Cut(loop);
        return meter.Result(Name, cell.Contestant, cell.Round) with
        {
            Lost = clients.Sum(static client => client.Lost),
            Duplicated = clients.Sum(static client => client.Doubled),
        };
    }

    private void Publish(LoadLoop loop, HistoryClient publisher)
    {
        var text = new byte[TextBytes];
        text.AsSpan().Fill((byte)'x');
        var sent = 0;
        Until(loop, () =>
        {
            while (sent < Messages && sent - publisher.InOrder < Window)
            {
                new Stamp(0, (uint)sent++, Stopwatch.GetTimestamp()).Write(text);
                publisher.Publish(text);
            }

            return publisher.InOrder == Messages;
        }, "publish");
    }

    private static void Until(LoadLoop loop, Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            loop.RunOnce(5);
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new CellFailedException($"did not {what} within {Patience.TotalSeconds} s");
        }
    }
}
