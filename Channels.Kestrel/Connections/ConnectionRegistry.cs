namespace Channels.Kestrel;

/// <summary>The open WebSockets of this server, so that a drain can reach them. Thread-safe.</summary>
/// <remarks>A list whose entries know their place: a dictionary would cost every idle socket five times as much.</remarks>
internal sealed class ConnectionRegistry
{
    private readonly Lock _gate = new();
    private readonly List<IDrainableConnection> _open = [];
    private volatile bool _draining;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>True from the moment the server was told to stop.</summary>
    public bool IsDraining => _draining;

    public void BeginDrain() => _draining = true;

    public void Add(IDrainableConnection connection)
    {
        lock (_gate)
        {
            if (connection.Place == 0)
            {
                _open.Add(connection);
                connection.Place = _open.Count;
            }
        }
    }

    /// <summary>Forgets a connection; nothing happens when it is not in the list.</summary>
    public void Remove(IDrainableConnection connection)
    {
        lock (_gate)
        {
            if (connection.Place == 0)
            {
                return;
            }

            var last = _open[^1];
            (_open[connection.Place - 1], last.Place) = (last, connection.Place);
            _open.RemoveAt(_open.Count - 1);
            connection.Place = 0;
        }
    }

    public IReadOnlyCollection<IDrainableConnection> Snapshot()
    {
        lock (_gate)
        {
            return [.. _open];
        }
    }
}
