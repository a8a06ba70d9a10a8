using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Keeps one connection to one host alive for as long as the layer lives: connects, watches, replaces what failed after a
/// random and growing wait. While a connection is up, the layer's own work for it runs as part of the link. Thread-safe.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    private readonly RedisLinkSettings _settings;
    private readonly RedisHostAddress _address;
    private readonly RedisLinkRole _role;
    private readonly Func<RedisConnection, CancellationToken, Task> _whileUp;
    private readonly Action<RedisConnection>? _check;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisConnection? _current;
    private volatile string? _lastError;
    private volatile RedisRefusedException? _refusal;
    private Task _running = Task.CompletedTask;
    private long _roundTripTicks;
    private int _connects;
    private int _started;

    /// <param name="settings">The layer's settings.</param>
    /// <param name="address">The host.</param>
    /// <param name="role">What the connection is for.</param>
    /// <param name="whileUp">The layer's work on a connection; it runs until its token is cancelled and throws to have the connection replaced.</param>
    /// <param name="check">Throws <see cref="RedisRefusedException"/> for a server that the layer cannot use; null accepts any.</param>
    public RedisLink(RedisLinkSettings settings, RedisHostAddress address, RedisLinkRole role, Func<RedisConnection, CancellationToken, Task> whileUp, Action<RedisConnection>? check = null)
    {
        (_settings, _address, _role, _whileUp, _check) = (settings, address, role, whileUp, check);
    }

    /// <summary>The connection, or null while there is none.</summary>
    public RedisConnection? Current => _current;

    /// <summary>How many commands wait for an answer.</summary>
    public int Pending => _current?.Pending.Commands ?? 0;

    public RedisLinkHealth Health => new(_address.Display, _role.ToString().ToLowerInvariant(), _current is not null, _lastError,
        TimeSpan.FromTicks(Interlocked.Read(ref _roundTripTicks)), Math.Max(0, Volatile.Read(ref _connects) - 1));

    /// <summary>Starts connecting; later calls do nothing.</summary>
    /// <returns>Completes when the first attempt has ended, well or not.</returns>
    public Task StartAsync()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _running = Task.Run(RunAsync);
        }

        return _firstAttempt.Task;
    }

    /// <exception cref="InvalidOperationException">The layer cannot work with the server at all.</exception>
    public void ThrowIfRefused()
    {
        if (_refusal is { } refusal)
        {
            throw new InvalidOperationException($"The channel layer '{_settings.Alias}' cannot use Redis host {_address.Display}: {refusal.Message}", refusal);
        }
    }

    /// <summary>Sends one command and waits for its answer, at most the command time-out.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or too much waits for it already.</exception>
    public async ValueTask<TResult> RunAsync<TState, TResult>(Func<IDatabase, TState, Task<TResult>> command, TState state, int bytes, CancellationToken cancellationToken)
    {
        if (!_firstAttempt.Task.IsCompleted)
        {
            await StartAsync().WaitAsync(cancellationToken);
        }

        ThrowIfRefused();
        var connection = _current ?? throw Away();
        if (!connection.Pending.TryEnter(bytes))
        {
            throw _settings.Unavailable($"{connection.Pending.Commands} commands wait for Redis host {_address.Display} already. It is too slow for what is sent; send less, or raise MaxPendingCommands or MaxPendingBytes.");
        }

        Task<TResult>? running = null;
        try
        {
            running = command(connection.Database, state);
            await running.ThereAsync().WaitAsync(_settings.Options.CommandTimeout, _settings.Time, cancellationToken);
            return await running;
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _firstAttempt.TrySetResult();
        await _running;
        _stop.Dispose();
    }

    private ChannelLayerUnavailableException Away() => _settings.Unavailable(
        $"Redis host {_address.Display} is away ({_lastError ?? "not connected yet"}). The layer reconnects by itself; nothing was sent.");

    // The answer, if it comes, still belongs to this command; until then it counts as pending (REL-21, REL-22).
    private static void ExitWhenAnswered(PendingGate pending, Task running, int bytes) => _ = running.ContinueWith(
        (answered, size) =>
        {
            _ = answered.Exception; // observed: its sender was told about the time-out already
            pending.Exit((int)size!);
        },
        bytes, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private Exception Translate(Exception error, RedisConnection connection)
    {
        switch (error)
        {
            case TimeoutException:
                return _settings.Unavailable($"Redis host {_address.Display} did not answer within {_settings.Options.CommandTimeout.TotalSeconds:0.###} s. Whether the command was carried out is unknown.", outcomeUnknown: true, error);
            case RedisServerException when error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal):
                return error; // for RedisScript
            case RedisServerException:
                if (error.Message.StartsWith("READONLY", StringComparison.Ordinal))
                {
                    connection.ReportLost("the server became a replica");
                }

                return _settings.Unavailable($"Redis host {_address.Display} refused the command: {HeaderText.Escape(error.Message)}", cause: error);
            case RedisCommandException:
                connection.ReportLost("the server became a replica");
                return _settings.Unavailable($"Redis host {_address.Display} does not accept writes.", cause: error);
            default:
                var neverSent = error is RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };
                return _settings.Unavailable($"the connection to Redis host {_address.Display} was lost. The layer reconnects by itself.", !neverSent, error);
        }
    }
}
