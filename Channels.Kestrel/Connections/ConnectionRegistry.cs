using System.Collections.Concurrent;

namespace Channels.Kestrel;

/// <summary>The open WebSockets of this server, so that a drain can reach them.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<IDrainableConnection, bool> _open = new();

    public int Count => _open.Count;

    public void Add(IDrainableConnection connection) => _open.TryAdd(connection, true);

    public void Remove(IDrainableConnection connection) => _open.TryRemove(connection, out _);

    public IReadOnlyCollection<IDrainableConnection> Snapshot() => [.. _open.Keys];
}
