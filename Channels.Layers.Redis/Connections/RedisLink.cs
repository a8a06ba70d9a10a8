using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The way to one host for commands: each waits for its answer, at most the command time-out, and fails with
/// <see cref="ChannelLayerUnavailableException"/> while the host is away. Thread-safe.
/// </summary>
internal sealed class RedisLink : IRedisLink
{
    private readonly RedisLinkSettings _settings;
    private readonly RedisHostAddress _address;
    private readonly RedisLinkSupervisor<ClientConnection> _supervisor;
    private readonly CommandDeadline _deadline;

    /// <inheritdoc cref="RedisLinkSupervisor{TConnection}"/>
    public RedisLink(RedisLinkSettings settings, RedisHostAddress address, RedisLinkRole role, Func<ClientConnection, CancellationToken, Task> whileUp, Action<ClientConnection>? check = null) =>
        (_settings, _address, _deadline, _supervisor) = (settings, address, new(settings.Options.CommandTimeout, settings.Time), new(
            settings, address, role, (server, cancellationToken) => ClientConnection.OpenAsync(address, server, role, settings, cancellationToken), whileUp, check));

    /// <summary>The connection, or null while there is none.</summary>
    public ClientConnection? Current => _supervisor.Current;

    /// <summary>
    /// How commands are sent that belong to a slot of a cluster. The client library would follow a slot to its new node behind
    /// the back of a link that means one server, and from then on send on both.
    /// </summary>
    public CommandFlags Flags => _settings.FollowsSlots ? CommandFlags.None : CommandFlags.NoRedirect;

    /// <summary>How many commands wait for an answer.</summary>
    public int Pending => Current?.Pending.Commands ?? 0;

    public IReadOnlyList<RedisLinkHealth> Health => _supervisor.Health;

    /// <inheritdoc/>
    public Task StartAsync() => _supervisor.StartAsync();

    /// <inheritdoc/>
    public void ThrowIfRefused() => _supervisor.ThrowIfRefused();

    /// <summary>Waits until it has been tried to connect, well or not. Whoever runs a command afterwards has sent it, or failed, when the call returns.</summary>
    public ValueTask TryAsync(CancellationToken cancellationToken) => _supervisor.HasTried ? ValueTask.CompletedTask : new(StartAsync().WaitAsync(cancellationToken));

    /// <summary>Sends one command and waits for its answer, at most the command time-out.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or too much waits for it already.</exception>
    public async ValueTask<TResult> RunAsync<TState, TResult>(Func<IDatabase, TState, Task<TResult>> command, TState state, int bytes, CancellationToken cancellationToken)
    {
        await TryAsync(cancellationToken);
        ThrowIfRefused();
        var connection = Current ?? throw Away();
        if (!connection.Pending.TryEnter(bytes))
        {
            throw _settings.Unavailable($"{connection.Pending.Commands} commands wait for Redis host {_address.Display} already. It is too slow for what is sent; send less, or raise MaxPendingCommands or MaxPendingBytes.");
        }

        Task<TResult>? running = null;
        try
        {
            running = command(connection.Database, state);
            return cancellationToken.CanBeCanceled
                ? await running.WaitAsync(_settings.Options.CommandTimeout, _settings.Time, cancellationToken)
                : await running.WaitAsync(_deadline.Next());
        }
        catch (OperationCanceledException) when (!cancellationToken.CanBeCanceled)
        {
            throw Translate(new TimeoutException(), connection);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            throw Translate(e, connection);
        }
        finally
        {
            if (running is null or { IsCompleted: true })
            {
                connection.Pending.Exit(bytes);
            }
            else
            {
                ExitWhenAnswered(connection.Pending, running, bytes);
            }
        }
    }

    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    private ChannelLayerUnavailableException Away() => _settings.Unavailable(
        $"Redis host {_address.Display} is away ({_supervisor.LastError ?? "not connected yet"}). The layer reconnects by itself; nothing was sent.");

    // The answer, if it comes, still belongs to this command; until then it counts as pending.
    private static void ExitWhenAnswered(PendingGate pending, Task running, int bytes) => _ = running.ContinueWith(
        (answered, size) =>
        {
            _ = answered.Exception; // observed: its sender was told about the time-out already
            pending.Exit((int)size!);
        },
        bytes, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private ChannelLayerUnavailableException Translate(Exception error, ClientConnection connection)
    {
        switch (error)
        {
            case TimeoutException:
                return _settings.Unavailable($"Redis host {_address.Display} did not answer within {_settings.Options.CommandTimeout.TotalSeconds:0.###} s. Whether the command was carried out is unknown.", outcomeUnknown: true, error);
            case RedisServerException:
                if (error.Message.StartsWith("READONLY", StringComparison.Ordinal))
                {
                    connection.ReportLost("the server became a replica");
                }

                if (error.Message.Contains("MOVED", StringComparison.Ordinal))
                {
                    _settings.OnMoved?.Invoke();
                }

                return _settings.Unavailable($"Redis host {_address.Display} refused the command: {HeaderText.Clause(error.Message)}.", cause: error);
            case RedisCommandException:
                connection.ReportLost("the server became a replica");
                return _settings.Unavailable($"Redis host {_address.Display} does not accept writes.", cause: error);
            default:
                var neverSent = error is RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };
                return _settings.Unavailable($"the connection to Redis host {_address.Display} was lost. The layer reconnects by itself.", !neverSent, error);
        }
    }
}
