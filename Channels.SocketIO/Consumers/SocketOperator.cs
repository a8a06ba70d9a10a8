namespace Channels.SocketIO;

/// <summary>Emits to one client in a way that was said before: <c>Socket.Timeout(time).EmitWithAckAsync("ready")</c>. Immutable, for any thread.</summary>
public sealed class SocketOperator
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(20);

    private readonly NamespaceConnection _connection;
    private readonly EmitFlags _flags;

    internal SocketOperator(NamespaceConnection connection, EmitFlags flags) => (_connection, _flags) = (connection, flags);

    /// <summary>Dropped when it cannot leave at once.</summary>
    public SocketOperator Volatile => new(_connection, _flags with { IsVolatile = true });

    /// <summary>Whether it may be compressed. Default true.</summary>
    /// <param name="compress">False for secrets beside text of strangers.</param>
    public SocketOperator Compress(bool compress) => new(_connection, _flags with { IsPlain = !compress });

    /// <summary>How long an acknowledgement is waited for. Default 20 s.</summary>
    /// <param name="time">The time; more than 0.</param>
    public SocketOperator Timeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return new(_connection, _flags with { Timeout = time });
    }

    /// <inheritdoc cref="NamespaceSocket.EmitAsync"/>
    public ValueTask EmitAsync(string name, params object?[] arguments)
    {
        var emit = Make(name, null, arguments);
        return _connection.Kept is { } kept && !emit.IsVolatile ? kept.EmitAsync(emit) : _connection.Send(emit, CancellationToken.None);
    }

    /// <inheritdoc cref="NamespaceSocket.EmitWithAckAsync"/>
    public async Task<SocketIOArguments> EmitWithAckAsync(string name, params object?[] arguments)
    {
        var id = _connection.NextAcknowledgementId();
        var emit = Make(name, id, arguments);
        using var deadline = new CancellationTokenSource(_flags.Timeout ?? DefaultTimeout, _connection.Runtime.Time); // of both: a client may not even take the event
        var answer = _connection.Await(id);
        try
        {
            await _connection.Send(emit, deadline.Token);
            return await answer.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested)
        {
            throw new AcknowledgementException($"The client has not acknowledged '{name}' in time.", error) { IsTimeout = true };
        }
        finally
        {
            _connection.Forget(id);
        }
    }

    private SocketIOEmit Make(string name, long? id, object?[] arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(arguments);
        return new(_connection.Namespace, name, _connection.Runtime.Codec.Encode(name, arguments), id) { IsVolatile = _flags.IsVolatile, IsCompressible = !_flags.IsPlain };
    }
}
