namespace Channels.SocketIO;

/// <summary>The clients of this process that have been let in, by namespace. Thread-safe.</summary>
internal sealed class LocalSockets
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, NamespaceConnection>> _spaces = new(StringComparer.Ordinal);

    public void Add(NamespaceConnection socket)
    {
        lock (_gate)
        {
            if (!_spaces.TryGetValue(socket.Namespace, out var space))
            {
                _spaces.Add(socket.Namespace, space = new(StringComparer.Ordinal));
            }

            space[socket.Id] = socket;
        }
    }

    /// <summary>It has ended. A newer connection that its client has come back by, which has its id, stays.</summary>
    public void Remove(NamespaceConnection socket)
    {
        lock (_gate)
        {
            if (_spaces.TryGetValue(socket.Namespace, out var space) && space.TryGetValue(socket.Id, out var known) && known == socket && space.Remove(socket.Id) && space.Count == 0)
            {
                _spaces.Remove(socket.Namespace); // clients may choose names, where a pattern serves them
            }
        }
    }

    /// <summary>Those of a namespace, as of now.</summary>
    public NamespaceConnection[] In(string space)
    {
        lock (_gate)
        {
            return _spaces.TryGetValue(space, out var sockets) ? [.. sockets.Values] : [];
        }
    }

    /// <summary>Those of all namespaces, as of now.</summary>
    public NamespaceConnection[] All()
    {
        lock (_gate)
        {
            return [.. _spaces.Values.SelectMany(space => space.Values)];
        }
    }

    /// <summary>How many clients each namespace has that has any.</summary>
    public Dictionary<string, int> CountBySpace()
    {
        lock (_gate)
        {
            return _spaces.ToDictionary(space => space.Key, space => space.Value.Count, StringComparer.Ordinal);
        }
    }

    /// <summary>How many namespaces have clients.</summary>
    public int SpaceCount
    {
        get
        {
            lock (_gate)
            {
                return _spaces.Count;
            }
        }
    }
}
