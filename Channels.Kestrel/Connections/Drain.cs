namespace Channels.Kestrel;

/// <summary>
/// Closes the open WebSockets in slices spread over a window, so that their clients do not all come back in the same
/// instant (REL-43).
/// </summary>
internal static class Drain
{
    private const int Slices = 20;

    /// <summary>Asks every open connection to close; returns when all were asked.</summary>
    /// <param name="connections">The open connections.</param>
    /// <param name="options">Window, smallest slice and close code.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hurry">Asks all that are left at once.</param>
    public static async Task RunAsync(ConnectionRegistry connections, ChannelsServerOptions options, TimeProvider time, CancellationToken hurry)
    {
        var open = connections.Snapshot();
        var slice = options.DrainWindow == TimeSpan.Zero ? open.Count : Math.Max(options.DrainBatch, (open.Count + Slices - 1) / Slices);
        var asked = 0;
        foreach (var connection in open)
        {
            connection.RequestClose(options.ShutdownCloseCode, "");
            if (++asked % slice == 0 && asked < open.Count && !hurry.IsCancellationRequested)
            {
                await Task.Delay(options.DrainWindow / Slices, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // Handshakes that were under way when the drain began.
        foreach (var late in connections.Snapshot())
        {
            late.RequestClose(options.ShutdownCloseCode, "");
        }
    }
}
