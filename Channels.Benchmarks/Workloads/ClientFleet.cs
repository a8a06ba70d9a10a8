using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Opens many clients, spread over the servers, a limited number at a time, so that no backlog of a server overflows.</summary>
internal sealed class ClientFleet(LoadLoop loop, Cell cell)
{
    private const int OpeningAtOnce = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal void OpenAll(IReadOnlyList<WebSocketClient> clients, Func<string?> failure)
    {
        var started = Stopwatch.GetTimestamp();
        var opening = new List<WebSocketClient>(OpeningAtOnce);
        var next = 0;
        while (next < clients.Count || opening.Count > 0)
        {
            while (next < clients.Count && opening.Count < OpeningAtOnce)
            {
                loop.Open(clients[next], cell.TargetOf(next));
                opening.Add(clients[next++]);
            }

            loop.RunOnce(100);
            if (failure() is { } reason) throw new CellFailedException($"connection {next} of {clients.Count}: {reason}");
            opening.RemoveAll(static client => client.State == ClientState.Open);
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new CellFailedException($"{opening.Count} connections did not open within {Patience.TotalSeconds} s");
        }
    }
}
