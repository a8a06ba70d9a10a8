namespace Channels.SocketIO;

/// <summary>
/// The events of one namespace as this process reads them from the namespace's history, in its order, and hands them to those of its
/// clients that are meant. There while the namespace has clients here. Thread-safe.
/// </summary>
/// <param name="runtime">What all sessions share.</param>
/// <param name="space">The namespace.</param>
internal sealed class EventLog(SocketIORuntime runtime, string space)
{
    private readonly Lock _gate = new();
    private readonly HashSet<KeptClient> _clients = [];
    private readonly Dictionary<string, HashSet<KeptClient>> _rooms = new(StringComparer.Ordinal);
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private readonly HashSet<KeptClient> _meant = []; // the reader's alone
    private HistoryPosition _chosen; // the last event whose clients are chosen
    private HistoryPosition _handed; // the last one that they have; behind the other while one is being handed out

    /// <summary>The namespace.</summary>
    public string Space => space;

    /// <summary>The group whose history it is.</summary>
    public string Group { get; } = SocketIOGroups.OfEvents(space, runtime.Options.GroupPrefix);

    /// <summary>How many clients it hands events to.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>How many leases hold it; its table's.</summary>
    public int Leases { get; set; }

    /// <summary>Reading begins behind a position.</summary>
    public void Begin(HistoryPosition newest)
    {
        lock (_gate)
        {
            (_chosen, _handed) = (newest, newest);
        }
    }

    /// <summary>The client gets what comes from now on.</summary>
    /// <param name="client">The client; its connection has rooms already.</param>
    /// <param name="has">The last event that it has; null when it is new.</param>
    /// <returns>The last event that it does not get any more.</returns>
    public HistoryPosition Add(KeptClient client, HistoryPosition? has)
    {
        lock (_gate)
        {
            client.Start = has is { } position && position.Epoch == _chosen.Epoch && position.Offset > _chosen.Offset ? position : _chosen;
            _clients.Add(client);
            foreach (var room in client.Connection.Rooms.ToArray())
            {
                AddRoom(client, room);
            }

            return _chosen;
        }
    }

    public void Remove(KeptClient client)
    {
        lock (_gate)
        {
            _clients.Remove(client);
            foreach (var room in client.Connection.Rooms.ToArray())
            {
                RemoveRoom(client, room);
            }
        }
    }

    public void Join(KeptClient client, string room)
    {
        lock (_gate)
        {
            if (_clients.Contains(client))
            {
                AddRoom(client, room);
            }
        }
    }

    public void Leave(KeptClient client, string room)
    {
        lock (_gate)
        {
            RemoveRoom(client, room);
        }
    }

    /// <summary>Completes when the event at a position has been handed to the clients of this process.</summary>
    public Task WaitForAsync(HistoryPosition position)
    {
        lock (_gate)
        {
            if (position.Epoch != _handed.Epoch || position.Offset <= _handed.Offset)
            {
                return Task.CompletedTask;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiting, position.Offset);
            return waiting.Task;
        }
    }

    /// <summary>Hands the next event out. For the reader.</summary>
    public void Dispatch(ChannelMessage message)
    {
        var position = message.Position;
        _meant.Clear();
        lock (_gate)
        {
            Collect(message);
            _chosen = position ?? _chosen; // with the choice: who is added from now on reads this event in the history
        }

        if (_meant.Count > 0 && RoomMessages.ToEmit(message, runtime.Codec, position?.ToString()) is { } emit)
        {
            foreach (var client in _meant)
            {
                client.Deliver(emit, position);
            }
        }

        if (position is { } reached)
        {
            Reach(reached);
        }
    }

    /// <summary>Events are gone before they could be read.</summary>
    public void Skip()
    {
        runtime.Log.EventsGone(space);
        lock (_gate)
        {
            Release(long.MaxValue);
        }
    }

    private void Reach(HistoryPosition position)
    {
        lock (_gate)
        {
            Release(position.Epoch == _handed.Epoch ? position.Offset : long.MaxValue);
            _handed = position;
        }
    }

    // What follows is called inside the lock.
    private void Release(long offset)
    {
        while (_waiting.TryPeek(out var waiting, out var wanted) && wanted <= offset)
        {
            _waiting.Dequeue();
            waiting.SetResult();
        }
    }

    private void Collect(ChannelMessage message)
    {
        var rooms = RoomMessages.ReadNames(message.Fields, "rooms");
        if (rooms.Count == 0)
        {
            _meant.UnionWith(_clients);
        }

        foreach (var room in rooms)
        {
            if (_rooms.TryGetValue(room, out var members))
            {
                _meant.UnionWith(members);
            }
        }
    }

    private void AddRoom(KeptClient client, string room)
    {
        if (!_rooms.TryGetValue(room, out var members))
        {
            _rooms.Add(room, members = []);
        }

        members.Add(client);
    }

    private void RemoveRoom(KeptClient client, string room)
    {
        if (_rooms.TryGetValue(room, out var members) && members.Remove(client) && members.Count == 0)
        {
            _rooms.Remove(room);
        }
    }
}
