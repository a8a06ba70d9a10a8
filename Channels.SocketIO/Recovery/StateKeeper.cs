namespace Channels.SocketIO;

/// <summary>
/// Writes the states of clients: when they change, what changes meanwhile in one go, and now and then, so that those of living
/// connections do not end. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="period">How often the states of all clients are written.</param>
internal sealed class StateKeeper(TimeProvider time, TimeSpan period) : IDisposable
{
    private const int AtOnce = 256;

    private readonly Lock _gate = new();
    private readonly HashSet<KeptClient> _living = [];
    private readonly Queue<KeptClient> _changed = new();
    private ITimer? _renewal; // while there are clients
    private bool _writing;

    public void Track(KeptClient client)
    {
        lock (_gate)
        {
            _living.Add(client);
            _renewal ??= time.CreateTimer(static keeper => ((StateKeeper)keeper!).Renew(), this, period, period);
        }
    }

    public void Forget(KeptClient client)
    {
        lock (_gate)
        {
            _living.Remove(client);
            if (_living.Count == 0)
            {
                _renewal?.Dispose();
                _renewal = null;
            }
        }
    }

    /// <summary>The client is to be written; it sees to it that it is here once at a time.</summary>
    public void Write(KeptClient client)
    {
        lock (_gate)
        {
            _changed.Enqueue(client);
            if (_writing)
            {
                return;
            }

            _writing = true;
        }

        _ = Task.Run(WriteAllAsync);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _renewal?.Dispose();
        }
    }

    private void Renew()
    {
        KeptClient[] living;
        lock (_gate)
        {
            living = [.. _living];
        }

        foreach (var client in living)
        {
            _ = client.SaveAsync();
        }
    }

    private async Task WriteAllAsync()
    {
        var some = new List<KeptClient>();
        while (true)
        {
            some.Clear();
            lock (_gate)
            {
                while (some.Count < AtOnce && _changed.TryDequeue(out var client))
                {
                    some.Add(client);
                }

                if (some.Count == 0)
                {
                    _writing = false;
                    return;
                }
            }

            await Task.WhenAll(some.Select(client => client.WriteAsync()));
        }
    }
}
