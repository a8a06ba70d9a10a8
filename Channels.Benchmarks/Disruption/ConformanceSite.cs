using System.Net;

namespace Channels.Benchmarks;

/// <summary>The conformance sample: one process in memory, or two on a Redis server; of those the first is killed, or Redis is restarted.</summary>
internal sealed class ConformanceSite : DisruptionSite
{
    private readonly ConformancePeer _peer;
    private readonly DurableRedis? _redis;
    private readonly bool _killsServers;
    private readonly Lock _lock = new();
    private readonly List<PeerProcess> _processes = [];

    /// <param name="layer">The layer of two processes; null for one in memory.</param>
    /// <param name="killsServers">Whether a strike kills the first process and starts another, rather than restarting Redis.</param>
    internal ConformanceSite(string? layer, bool killsServers)
    {
        _redis = layer is null ? null : new DurableRedis();
        _killsServers = killsServers;
        _peer = new ConformancePeer("channels", layer: layer ?? "memory");
        try
        {
            for (var i = 0; i < (layer is null ? 1 : 2); i++) _processes.Add(PeerProcess.Start(_peer, _redis?.EndPoint, null));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal override IReadOnlyList<IPEndPoint> EndPoints
    {
        get
        {
            lock (_lock) return [.. _processes.Select(static process => process.Server.EndPoint)];
        }
    }

    internal override bool IsStruck => _redis is not null;

    internal override void Strike()
    {
        if (!_killsServers)
        {
            _redis?.Restart();
            return;
        }

        _processes[0].Dispose(); // SIGKILL
        var next = PeerProcess.Start(_peer, _redis?.EndPoint, null);
        lock (_lock) _processes[0] = next;
    }

    public override void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
        _redis?.Dispose();
    }
}
