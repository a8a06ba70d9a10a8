namespace Channels.Benchmarks;

/// <summary>All processes of a running peer. Disposing ends them, but not what they talk through, which others may share.</summary>
internal sealed class PeerServers : IDisposable
{
    private readonly List<PeerProcess> _processes = [];
    private readonly PeerServers? _backend;

    private PeerServers(PeerServers? backend) => _backend = backend;

    internal IReadOnlyList<ServerProcess> Servers => [.. _processes.Select(static process => process.Server)];

    internal ServerProcess? Backend => _backend?.Servers[0];

    /// <summary>One of the processes, or what they talk through, has ended.</summary>
    internal bool HasExited => _processes.Exists(static process => process.HasExited) || _backend?.HasExited == true;

    /// <summary>The last lines the servers wrote, for error messages.</summary>
    internal string LastOutput => string.Join(" | ", _processes.Select(static process => process.LastOutput));

    /// <summary>Starts the peer's processes and waits until all accept connections.</summary>
    internal static PeerServers Start(Peer peer, PeerServers? backend, long? gen0Bytes = null)
    {
        var servers = new PeerServers(backend);
        try
        {
            for (var i = 0; i < peer.Processes; i++) servers._processes.Add(PeerProcess.Start(peer, servers.Backend?.EndPoint, gen0Bytes));
            return servers;
        }
        catch
        {
            servers.Dispose();
            throw;
        }
    }

    /// <summary>Runs a workload against these servers.</summary>
    /// <exception cref="CellFailedException">It could not be measured; the message holds the last lines the servers wrote.</exception>
    internal CellResult Run(Workload workload, Cell cell)
    {
        try
        {
            return workload.Run(cell);
        }
        catch (CellFailedException failed)
        {
            throw new CellFailedException($"{failed.Message}; the servers wrote: {LastOutput}");
        }
    }

    /// <summary>Waits (two seconds per process at most) until the servers have cleaned up after a load and use hardly any CPU.</summary>
    internal void WaitUntilQuiet()
    {
        foreach (var process in _processes) process.WaitUntilQuiet();
    }

    public void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
    }
}
