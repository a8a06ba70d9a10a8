using System.Net;
using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>
/// Keeps one connection to one host alive for as long as the layer lives: connects, watches, replaces what failed after a
/// random and growing wait. While a connection is up, the layer's own work for it runs. Thread-safe.
/// </summary>
/// <param name="settings">The layer's settings.</param>
/// <param name="address">The host.</param>
/// <param name="role">What the connection is for.</param>
/// <param name="open">Connects to a server.</param>
/// <param name="whileUp">The layer's work on a connection; it runs until its token is cancelled and throws to have the connection replaced.</param>
/// <param name="check">Throws <see cref="RedisRefusedException"/> for a server that the layer cannot use; null accepts any.</param>
internal sealed class RedisLinkSupervisor<TConnection>(
    RedisLinkSettings settings,
    RedisHostAddress address,
    RedisLinkRole role,
    Func<EndPoint, CancellationToken, Task<TConnection>> open,
    Func<TConnection, CancellationToken, Task> whileUp,
    Action<TConnection>? check = null) : IRedisLink
    where TConnection : RedisConnection
{
    private const int PartsOfWait = 4;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TConnection? _current;
    private volatile string? _lastError;
    private volatile RedisRefusedException? _refusal;
    private Task _running = Task.CompletedTask;
    private long _roundTripTicks;
    private int _connects;
    private int _started;

    /// <summary>The connection, or null while there is none.</summary>
    public TConnection? Current => _current;

    /// <summary>Why a connection last failed; null if none did.</summary>
    public string? LastError => _lastError;

    /// <summary>Whether the first attempt has ended, well or not.</summary>
    public bool HasTried => _firstAttempt.Task.IsCompleted;

    public IReadOnlyList<RedisLinkHealth> Health =>
    [
        new(address.Display, role.ToString().ToLowerInvariant(), _current is not null, _lastError,
            TimeSpan.FromTicks(Interlocked.Read(ref _roundTripTicks)), Math.Max(0, Volatile.Read(ref _connects) - 1)),
    ];

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

    /// <inheritdoc/>
    public void ThrowIfRefused()
    {
        if (_refusal is { } refusal)
        {
            throw new InvalidOperationException($"The channel layer '{settings.Alias}' cannot use Redis host {address.Display}: {refusal.Message}", refusal);
        }
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
        // Attempts in a row that brought no connection that lasted, and connections in a row that are not worth a line of the log.
        var (failures, unproven) = (0, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await RedisServerChoice.OpenAsync(address, settings, open, _stop.Token);
                var opened = settings.Time.GetTimestamp();
                Interlocked.Increment(ref _connects);
                RedisLinkLog.Connected(settings.Logger, unproven == 0 ? LogLevel.Information : LogLevel.Debug, settings.Alias, address.Display, role);
                var reason = await ServeAsync(connection);
                _lastError = reason;
                var lasted = settings.Time.GetElapsedTime(opened);
                var isProven = lasted >= settings.Options.PingInterval;
                if (!_stop.IsCancellationRequested)
                {
                    settings.CountLoss(role);
                    RedisLinkLog.Lost(settings.Logger, isProven || unproven == 0 ? LogLevel.Warning : LogLevel.Debug, settings.Alias, address.Display, role, reason);
                }

                (failures, unproven) = (ReconnectDelay.FailuresAfter(failures, lasted), isProven ? 0 : unproven + 1);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (RedisRefusedException e)
            {
                _refusal = e;
                RedisLinkLog.Refused(settings.Logger, settings.Alias, address.Display, e.Message);
                break;
            }
            catch (Exception e)
            {
                _lastError = RedisFailure.Describe(e); // whatever it is, even from closing a connection: this loop must not end by itself
                RedisLinkLog.Failed(settings.Logger, failures++ == 0 && unproven == 0 ? LogLevel.Warning : LogLevel.Debug, settings.Alias, address.Display, role, _lastError);
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
    private async Task<string> ServeAsync(TConnection connection)
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
    private async Task WatchAsync(TConnection connection, CancellationToken cancellationToken)
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
            await WaitAsync(connection.PingAsync(), interval, cancellationToken);
            Interlocked.Exchange(ref _roundTripTicks, settings.Time.GetElapsedTime(asked).Ticks);
        }
    }

    // In parts: a process that stalled for longer than the whole of it finds the answer and the end of one part at the same time,
    // and has the other parts left to read the answer in.
    private async Task WaitAsync(Task answer, TimeSpan time, CancellationToken cancellationToken)
    {
        for (var part = 1; part < PartsOfWait && !answer.IsCompleted; part++)
        {
            await answer.WaitAsync(time / PartsOfWait, settings.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await answer.WaitAsync(time / PartsOfWait, settings.Time, cancellationToken);
    }

    // After a failover the former master may still answer: what is written there, or published, reaches nobody. Beside
    // the watch, which must not wait for sentinels.
    private async Task FollowMasterAsync(TConnection connection, CancellationToken cancellationToken)
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
                RedisLinkLog.SentinelsSilent(settings.Logger, settings.Alias, address.Display, e.Message); // no reason to leave a server that answers
            }
        }
    }
}
