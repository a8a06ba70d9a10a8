namespace Channels.SocketIO;

/// <summary>A client that may come back: what it gets of its namespace's events, and what is written down of it. Thread-safe.</summary>
/// <param name="recovery">What all clients share.</param>
/// <param name="log">The events of its namespace.</param>
/// <param name="connection">Its connection.</param>
/// <param name="pid">What it comes back with.</param>
/// <param name="owner">Who writes its state, among all that ever have.</param>
/// <param name="user">Who it is; null for nobody in particular.</param>
internal sealed class KeptClient(ClientRecovery recovery, EventLog log, NamespaceConnection connection, string pid, string owner, string? user) : IKeptClient
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _key = recovery.KeyOf(connection.Namespace, pid);
    private readonly CancellationToken _aborted = connection.Aborted;
    private IReadOnlyList<SocketIOEmit>? _missed;
    private TaskCompletionSource? _next; // completed by the next write; null while none is due
    private Task _saved = Task.CompletedTask;
    private ReadOnlyMemory<byte>? _final; // what is kept when the connection has ended
    private ITimer? _quiet; // until its state is written for the first time after it has come back
    private bool _ended;

    /// <inheritdoc/>
    public string Pid => pid;

    /// <inheritdoc/>
    public string Owner => owner;

    /// <inheritdoc/>
    public bool IsRecovered { get; private set; }

    /// <summary>Its connection.</summary>
    public NamespaceConnection Connection => connection;

    /// <summary>What is not behind this position it has already; its log's.</summary>
    public HistoryPosition Start { get; set; }

    /// <summary>
    /// It has come back, and missed this. For a moment its state is written only when the connection ends, so that of two who come
    /// back at the same time one does.
    /// </summary>
    public void Recover(IReadOnlyList<SocketIOEmit> missed)
    {
        (IsRecovered, _missed) = (true, missed);
        _quiet = recovery.Time.CreateTimer(static client => ((KeptClient)client!).EndQuiet(), this, QuietTime, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SocketIOEmit> TakeMissed() => Interlocked.Exchange(ref _missed, null) ?? [];

    /// <summary>Hands it an event that it is meant to have. For the log's reader.</summary>
    public void Deliver(SocketIOEmit emit, HistoryPosition? position)
    {
        if (position is not { } at || at.Epoch != Start.Epoch || at.Offset > Start.Offset)
        {
            connection.Deliver(emit);
        }
    }

    /// <inheritdoc/>
    public void Joined(string room) => log.Join(this, room);

    /// <inheritdoc/>
    public void Left(string room) => log.Leave(this, room);

    /// <inheritdoc/>
    public async ValueTask EmitAsync(SocketIOEmit emit)
    {
        if (_ended && _final is null)
        {
            return; // it is gone for good
        }

        var position = await recovery.Publisher.PublishAsync(new RoomTarget(connection.Namespace) { Rooms = [connection.Id] }, emit);
        if (position is { } written && connection.IsOpen)
        {
            try
            {
                await log.WaitForAsync(written).WaitAsync(_aborted); // so that what is sent to it next comes behind
            }
            catch (OperationCanceledException)
            {
                // It gets the event when it comes back.
            }
        }
    }

    /// <inheritdoc/>
    public Task SaveAsync()
    {
        lock (_gate)
        {
            return _ended ? _saved : _quiet is not null ? Task.CompletedTask : Write();
        }
    }

    /// <inheritdoc/>
    public void End(string reason)
    {
        var state = ClientRecovery.EndsConnectionOnly(reason) && (connection.WasConnected || IsRecovered) ? Describe() : null;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            (_ended, _final) = (true, state);
            _quiet?.Dispose();
            Write();
        }

        recovery.Keeper.Forget(this);
        log.Remove(this);
        recovery.Logs.Close(log);
    }

    /// <summary>Writes what there is to be known; never fails. For the keeper, one call at a time.</summary>
    public async Task WriteAsync()
    {
        TaskCompletionSource done;
        bool ended;
        lock (_gate)
        {
            (done, _next, ended) = (_next!, null, _ended); // there, or the keeper would not know of it
        }

        try
        {
            var state = ended ? _final : Describe();
            if (state is not { } bytes)
            {
                await recovery.State.ReleaseAsync(_key, owner);
            }
            else if (!await recovery.State.PutAsync(_key, owner, bytes, ended ? recovery.Lifetime : 2 * recovery.Lifetime) && !ended)
            {
                await connection.CloseAsync(DisconnectReason.TransportClose); // it is back by another connection
            }
        }
        catch (ChannelLayerUnavailableException error)
        {
            recovery.Log.NotKept("the layer is away", error);
        }
#pragma warning disable CA1031 // the layer's, or of middleware that hears of the end: others wait to be written behind this one
        catch (Exception error)
#pragma warning restore CA1031
        {
            recovery.Log.NotKept("writing it failed", error);
        }

        done.SetResult();
    }

    private void EndQuiet()
    {
        lock (_gate)
        {
            _quiet?.Dispose();
            _quiet = null;
            if (!_ended)
            {
                Write();
            }
        }
    }

    // Inside the lock.
    private Task Write()
    {
        if (_next is null)
        {
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _saved = _next.Task;
            recovery.Keeper.Write(this);
        }

        return _saved;
    }

    // Null when it is too large.
    private ReadOnlyMemory<byte>? Describe()
    {
        var bytes = new SavedClient(connection.Id, user, [.. connection.Rooms.ToArray().Skip(1)], [.. connection.Data]).Write(recovery.Codec, out var failure);
        if (failure is not null)
        {
            recovery.Log.NotKept("an entry of its data cannot be written as JSON, and is left out", failure);
        }

        if (bytes.Length <= recovery.MaxBytes)
        {
            return bytes;
        }

        recovery.Log.NotKept($"rooms and data are more than {nameof(SocketIORecoveryOptions.MaxStateBytes)}", error: null);
        return null;
    }
}
