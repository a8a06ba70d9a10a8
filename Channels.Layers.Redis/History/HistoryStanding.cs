namespace Channels.Layers.Redis;

/// <summary>How far this process knows the history of a group to have come. Thread-safe.</summary>
internal sealed class HistoryStanding
{
    private readonly Lock _lock = new();
    private HistoryPosition _read;
    private HistoryPosition _newest;

    /// <summary>Where it stood when the server was last asked; whatever has come since, a member may lack.</summary>
    public HistoryPosition Read
    {
        get
        {
            lock (_lock)
            {
                return _read;
            }
        }
    }

    /// <summary>The newest position that the server has given out to this process' knowledge. One that knows less has lost data.</summary>
    public HistoryPosition Newest
    {
        get
        {
            lock (_lock)
            {
                return _newest;
            }
        }
    }

    /// <summary>The server has said where it stands.</summary>
    public void Answered(HistoryPosition position)
    {
        lock (_lock)
        {
            _read = position;
            Raise(position, begins: true);
        }
    }

    /// <summary>A message has come.</summary>
    public void Came(HistoryPosition position)
    {
        lock (_lock)
        {
            Raise(position, begins: false); // one of another epoch may be older than what is known
        }
    }

    private void Raise(HistoryPosition position, bool begins)
    {
        if (position.Epoch == _newest.Epoch ? position.Offset > _newest.Offset : begins)
        {
            _newest = position;
        }
    }
}
