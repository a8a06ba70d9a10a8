namespace Channels.Extending;

/// <summary>
/// The open connections of one server, so that a drain can reach them: WebSockets, and whatever else lives longer than
/// a request. Thread-safe.
/// </summary>
/// <remarks>A list whose entries know their place: a dictionary would cost every idle connection five times as much.</remarks>
public sealed class ConnectionRegistry
{
    private readonly Lock _gate = new();
    private readonly List<IDrainableConnection> _open = [];
    private volatile bool _draining;
    private int? _lateCode; // once all were asked: how whoever comes then is closed

    /// <summary>How many connections are open.</summary>
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

    /// <summary>True from the moment the server was told to stop: whoever asks for a new connection is refused.</summary>
    public bool IsDraining => _draining;

    /// <summary>The server stops: <see cref="IsDraining"/> is true from now on. Connections are asked to close by <see cref="Drain"/>.</summary>
    public void BeginDrain() => _draining = true;

    /// <summary>
    /// Remembers a connection; nothing happens when it is in the list already. One that a <see cref="Drain"/> which has ended did not
    /// see, because it was let in before the server was told to stop, is asked to close at once.
    /// </summary>
    /// <param name="connection">The connection; may belong to one registry only.</param>
    public void Add(IDrainableConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        int? lateCode;
        lock (_gate)
        {
            if (connection.Place != 0)
            {
                return;
            }

            _open.Add(connection);
            connection.Place = _open.Count;
            lateCode = _lateCode;
        }

        if (lateCode is { } code)
        {
            connection.RequestClose(code, "");
        }
    }

    /// <summary>Forgets a connection; nothing happens when it is not in the list.</summary>
    /// <param name="connection">The connection.</param>
    public void Remove(IDrainableConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
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

    /// <summary>The connections that are open now.</summary>
    public IReadOnlyCollection<IDrainableConnection> Snapshot()
    {
        lock (_gate)
        {
            return [.. _open];
        }
    }

    /// <summary>The connections that are open now, the last to be asked by a drain: <see cref="Add"/> asks those to come.</summary>
    /// <param name="closeCode">The close code.</param>
    internal IReadOnlyCollection<IDrainableConnection> EndDrain(int closeCode)
    {
        lock (_gate)
        {
            _lateCode = closeCode;
            return [.. _open];
        }
    }
}
