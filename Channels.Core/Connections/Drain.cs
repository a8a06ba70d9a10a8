namespace Channels.Extending;

/// <summary>
/// Closes the open connections in slices spread over a window, so that their clients do not all come back in the same
/// instant.
/// </summary>
public static class Drain
{
    private const int Slices = 20;

    /// <summary>Asks every open connection to close; returns when all were asked. Whoever is added later is asked as he comes.</summary>
    /// <param name="connections">The open connections.</param>
    /// <param name="window">Over how long; zero asks all at once.</param>
    /// <param name="batch">The fewest connections asked in one step; few connections therefore close at once. At least 1.</param>
    /// <param name="closeCode">The close code.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hurry">Asks all that are left at once.</param>
    public static async Task RunAsync(ConnectionRegistry connections, TimeSpan window, int batch, int closeCode, TimeProvider time, CancellationToken hurry)
    {
        ArgumentNullException.ThrowIfNull(connections);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentNullException.ThrowIfNull(time);
        var open = connections.Snapshot();
        var slice = window <= TimeSpan.Zero ? open.Count : Math.Max(batch, (open.Count + Slices - 1) / Slices);
        var asked = 0;
        foreach (var connection in open)
        {
            connection.RequestClose(closeCode, "");
            if (++asked % slice == 0 && asked < open.Count && !hurry.IsCancellationRequested)
            {
                await Task.Delay(window / Slices, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // Handshakes that were under way when the drain began.
        foreach (var late in connections.EndDrain(closeCode))
        {
            late.RequestClose(closeCode, "");
        }
    }
}
