namespace Channels.Kestrel;

/// <summary>What fits into the process, and whether what the caps let in does.</summary>
internal static class Capacity
{
    // What an idle socket with a consumer takes, rounded up.
    private const long SocketBytes = 16 * 1024;

    private const int MostSockets = 100_000;

    /// <summary>How much memory the process may use, in bytes.</summary>
    public static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>How many sockets are let in where nobody has said it; at least 1.</summary>
    /// <param name="files">How many connections the limit of open files allows.</param>
    /// <param name="memory">How much memory the process may use, in bytes.</param>
    public static int Sockets(int files, long memory) => (int)Math.Max(1, Math.Min(Math.Min(MostSockets, files), memory / SocketBytes));

    /// <summary>How many sockets these options let in; 0 for no limit.</summary>
    public static int Sockets(ChannelsServerOptions options) => options.MaxWebSockets ?? Sockets(OpenFiles.Connections(), Memory);

    /// <summary>What of the caps that somebody has set does not fit, in words; null when all does.</summary>
    /// <param name="options">The caps.</param>
    /// <param name="maxConnections">Kestrel's cap; null for none.</param>
    /// <param name="files">How many connections the limit of open files allows.</param>
    /// <param name="memory">How much memory the process may use, in bytes.</param>
    public static string? Complaint(ChannelsServerOptions options, long? maxConnections, int files, long memory)
    {
        List<string> faults = [];
        if (maxConnections > files)
        {
            faults.Add($"Kestrel:Limits:MaxConcurrentConnections is {maxConnections}, but the limit of open files leaves room for {files} connections");
        }

        if (files < int.MaxValue && options.MaxWebSockets is { } sockets && (sockets == 0 || sockets > files))
        {
            faults.Add($"Channels:Server:MaxWebSockets is {sockets}, but the limit of open files leaves room for {files} connections (ulimit -n, LimitNOFILE)");
        }

        if (options.MaxWebSockets * SocketBytes is { } needed && needed > memory)
        {
            faults.Add($"Channels:Server:MaxWebSockets is {options.MaxWebSockets}, but so many sockets need {needed} bytes, and the process may use {memory}");
        }

        return faults.Count == 0 ? null : string.Join("; ", faults);
    }
}
