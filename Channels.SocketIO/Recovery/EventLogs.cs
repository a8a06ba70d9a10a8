namespace Channels.SocketIO;

/// <summary>The logs of the namespaces that have clients in this process. Clients may choose names, where a pattern serves them, so each is there only as long. Thread-safe.</summary>
/// <param name="runtime">What all sessions share.</param>
/// <param name="services">The host's services.</param>
internal sealed class EventLogs(SocketIORuntime runtime, IServiceProvider services)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (EventLog Log, Task Begun, TaskCompletionSource<Event> End)> _logs = new(StringComparer.Ordinal);

    /// <summary>How many namespaces are read.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _logs.Count;
            }
        }
    }

    /// <summary>Gives the log of a namespace, which is read from now on; <see cref="Close"/> must follow.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The history cannot be read now.</exception>
    public async Task<EventLog> OpenAsync(string space)
    {
        EventLog log;
        Task begun;
        lock (_gate)
        {
            if (!_logs.TryGetValue(space, out var known))
            {
                known = Start(new EventLog(runtime, space));
                _logs.Add(space, known);
            }

            (log, begun) = (known.Log, known.Begun);
            log.Leases++;
        }

        try
        {
            await begun;
            return log;
        }
        catch
        {
            Close(log);
            throw;
        }
    }

    /// <summary>One who needs it less.</summary>
    public void Close(EventLog log)
    {
        lock (_gate)
        {
            if (--log.Leases == 0 && _logs.Remove(log.Space, out var known))
            {
                known.End.TrySetResult(new EventLogEnd());
            }
        }
    }

    private (EventLog Log, Task Begun, TaskCompletionSource<Event> End) Start(EventLog log)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource<Event>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(log, begun, end.Task);
        return (log, begun.Task, end);
    }

    private async Task ReadAsync(EventLog log, TaskCompletionSource begun, Task<Event> end)
    {
        Event? first = new EventLogBegin(begun);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the lock
            await Consumer.Of<EventLogReader>(log).InvokeAsync(new ChannelScope("socketio") { Services = services }, ReceiveAsync, static (_, _) => ValueTask.CompletedTask);
        }
#pragma warning disable CA1031 // for those who wait for it
        catch (Exception error)
#pragma warning restore CA1031
        {
            begun.TrySetException(error);
        }

        ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken) =>
            Interlocked.Exchange(ref first, null) is { } begin ? new(begin) : new(end.WaitAsync(cancellationToken));
    }
}
