using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// Keeps one connection to one host alive for as long as the layer lives: connects, watches, replaces what failed after a
/// random and growing wait. While a connection is up, the layer's own work for it runs. Thread-safe.
/// </summary>
/// <param name="settings">The layer's settings.</param>
/// <param name="address">The host.</param>
/// <param name="role">What the connection is for.</param>
/// <param name="whileUp">The layer's work on a connection; it runs until its token is cancelled and throws to have the connection replaced.</param>
/// <param name="check">Throws <see cref="RedisRefusedException"/> for a server that the layer cannot use; null accepts any.</param>
internal sealed partial class RedisLinkSupervisor(
    RedisLinkSettings settings, RedisHostAddress address, RedisLinkRole role, Func<RedisConnection, CancellationToken, Task> whileUp, Action<RedisConnection>? check) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisConnection? _current;
    private volatile string? _lastError;
    private volatile RedisRefusedException? _refusal;
    private Task _running = Task.CompletedTask;
    private long _roundTripTicks;
    private int _connects;
    private int _started;

    /// <summary>The connection, or null while there is none.</summary>
    public RedisConnection? Current => _current;

    /// <summary>Why a connection last failed; null if none did.</summary>
    public string? LastError => _lastError;

    /// <summary>Why the server cannot be used at all; null when it can, or has not been asked.</summary>
    public RedisRefusedException? Refusal => _refusal;

    /// <summary>Whether the first attempt has ended, well or not.</summary>
    public bool HasTried => _firstAttempt.Task.IsCompleted;

    public RedisLinkHealth Health => new(address.Display, role.ToString().ToLowerInvariant(), _current is not null, _lastError,
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _firstAttempt.TrySetResult();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        // Attempts in a row that brought no connection that lasted, and how many of them connected at all.
        var (failures, unproven) = (0, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await RedisConnection.OpenAsync(address, role, settings, _stop.Token);
                var opened = settings.Time.GetTimestamp();
                Interlocked.Increment(ref _connects);
                Log.Connected(settings.Logger, unproven == 0 ? LogLevel.Information : LogLevel.Debug, settings.Alias, address.Display, role);
                var reason = await ServeAsync(connection);
                _lastError = reason;
                var isProven = settings.Time.GetElapsedTime(opened) >= settings.Options.PingInterval;
                if (!_stop.IsCancellationRequested)
                {
                    settings.CountLoss(role);
                    Log.Lost(settings.Logger, isProven || unproven == 0 ? LogLevel.Warning : LogLevel.Debug, settings.Alias, address.Display, role, reason);
                }

                (failures, unproven) = isProven ? (0, 0) : (failures + 1, unproven + 1);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (RedisRefusedException e)
            {
                _refusal = e;
                Log.Refused(settings.Logger, settings.Alias, address.Display, e.Message);
                break;
            }
            catch (Exception e)
            {
                _lastError = RedisFailure.Describe(e); // whatever it is, even from closing a connection: this loop must not end by itself
                Log.Failed(settings.Logger, failures++ == 0 ? LogLevel.Warning : LogLevel.Debug, settings.Alias, address.Display, role, _lastError);
            }
            finally
            {
                _current = null;
                _firstAttempt.TrySetResult();
            }

            try
            {
                await Task.Delay(ReconnectDelay.Of(failures, Random.Shared.NextDouble()), settings.Time, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
        }
    }

    /// <summary>Uses a connection until it fails or the link stops; tells why it ended.</summary>
    private async Task<string> ServeAsync(RedisConnection connection)
    {
        check?.Invoke(connection);
        using var up = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _current = connection;
        var work = whileUp(connection, up.Token);
        _firstAttempt.TrySetResult(); // behind the line above: whoever waits for it may count on the work having begun
        var watch = WatchAsync(connection, up.Token);
        var follow = FollowMasterAsync(connection, up.Token);
        await Task.WhenAny(work, watch, follow, connection.Lost);
        _current = null;
        await up.CancelAsync();
        var ends = new[] { await EndAsync(work), await EndAsync(watch), await EndAsync(follow) };
        return connection.Lost.IsCompleted ? await connection.Lost : ends.FirstOrDefault(end => end is not null) ?? "stopped";
    }

    private static async Task<string?> EndAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (RedisRefusedException)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e)
        {
            return RedisFailure.Describe(e); // logged by the loop as the reason of the loss
        }
    }

    // A link that is half open fails no write for minutes; only a missing answer shows it.
    private async Task WatchAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var interval = settings.Options.PingInterval;
        while (true)
        {
            await Task.Delay(interval, settings.Time, cancellationToken);
            if (role == RedisLinkRole.Pops)
            {
                continue; // its pops have a deadline of their own, and a ping would wait behind a blocked one
            }

            var asked = settings.Time.GetTimestamp();
            await connection.Database.PingAsync().WaitAsync(interval, settings.Time, cancellationToken);
            Interlocked.Exchange(ref _roundTripTicks, settings.Time.GetElapsedTime(asked).Ticks);
            if (role == RedisLinkRole.Subscriptions)
            {
                await connection.Subscriber.PingAsync().WaitAsync(interval, settings.Time, cancellationToken);
            }
        }
    }

    // After a failover the former master may still answer: what is written there, or published, reaches nobody. Beside
    // the watch, which must not wait for sentinels.
    private async Task FollowMasterAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        if (address.MasterName is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        while (true)
        {
            await Task.Delay(settings.Options.PingInterval, settings.Time, cancellationToken);
            try
            {
                if (!(await SentinelResolver.FindMasterAsync(address, settings, cancellationToken)).Equals(connection.Server))
                {
                    connection.ReportLost("the sentinels name another master");
                }
            }
            catch (IOException e)
            {
                Log.SentinelsSilent(settings.Logger, settings.Alias, address.Display, e.Message); // no reason to leave a server that answers
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5001, Message = "Layer '{Alias}': connected to Redis host {Host} for {Role}.")]
        public static partial void Connected(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role);

        [LoggerMessage(EventId = 5002, Message = "Layer '{Alias}': lost Redis host {Host} for {Role}: {Reason}. Reconnecting; until a connection lasts, further losses are logged at debug level.")]
        public static partial void Lost(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role, string reason);

        [LoggerMessage(EventId = 5003, Message = "Layer '{Alias}': cannot connect to Redis host {Host} for {Role}: {Reason}. Further attempts that fail are logged at debug level.")]
        public static partial void Failed(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role, string reason);

        [LoggerMessage(5005, LogLevel.Debug, "Layer '{Alias}': no sentinel tells the master of Redis host {Host}: {Reason}")]
        public static partial void SentinelsSilent(ILogger logger, string alias, string host, string reason);

        [LoggerMessage(5004, LogLevel.Critical, "Layer '{Alias}': Redis host {Host} cannot be used: {Reason}")]
        public static partial void Refused(ILogger logger, string alias, string host, string reason);
    }
}
