namespace Channels.Kestrel;

/// <summary>Whether what the caps let in fits into the process.</summary>
internal static class Capacity
{
    // What an idle socket with a consumer takes, rounded up.
    private const long SocketBytes = 16 * 1024;

    /// <summary>What does not fit, in words; null when all does.</summary>
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

        if (files < int.MaxValue && (options.MaxWebSockets == 0 || options.MaxWebSockets > files))
        {
            faults.Add($"Channels:Server:MaxWebSockets is {options.MaxWebSockets}, but the limit of open files leaves room for {files} connections (ulimit -n, LimitNOFILE)");
        }

        if (options.MaxWebSockets * SocketBytes > memory)
        {
            faults.Add($"Channels:Server:MaxWebSockets is {options.MaxWebSockets}, but so many sockets need {options.MaxWebSockets * SocketBytes} bytes, and the process may use {memory}");
        }

        return faults.Count == 0 ? null : string.Join("; ", faults);
    }
}
