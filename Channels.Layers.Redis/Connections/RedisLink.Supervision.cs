using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>The loop that connects, watches and replaces.</summary>
internal sealed partial class RedisLink
{
    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await RedisConnection.OpenAsync(_address, _role, _settings, _stop.Token);
                failures = 0;
                Interlocked.Increment(ref _connects);
                Log.Connected(_settings.Logger, _settings.Alias, _address.Display, _role);
                var reason = await ServeAsync(connection);
                _lastError = reason;
                if (!_stop.IsCancellationRequested)
                {
                    _settings.CountLoss(_role);
                    Log.Lost(_settings.Logger, _settings.Alias, _address.Display, _role, reason);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (RedisRefusedException e)
            {
                _refusal = e;
                Log.Refused(_settings.Logger, _settings.Alias, _address.Display, e.Message);
                break;
            }
            catch (Exception e)
            {
                _lastError = Describe(e); // whatever it is, even from closing a connection: this loop must not end by itself
                Log.Failed(_settings.Logger, failures++ == 0 ? LogLevel.Warning : LogLevel.Debug, _settings.Alias, _address.Display, _role, _lastError);
            }
            finally
            {
                _current = null;
                _firstAttempt.TrySetResult();
            }

            try
            {
                await Task.Delay(ReconnectDelay.Of(failures, Random.Shared.NextDouble()), _settings.Time, _stop.Token);
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
        _check?.Invoke(connection);
        using var up = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _current = connection;
        var work = _whileUp(connection, up.Token);
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
            return Describe(e); // logged by the loop as the reason of the loss
        }
    }

    // A link that is half open fails no write for minutes; only a missing answer shows it.
    private async Task WatchAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        var interval = _settings.Options.PingInterval;
        while (true)
        {
            await Task.Delay(interval, _settings.Time, cancellationToken);
            if (_role == RedisLinkRole.Pops)
            {
                continue; // its pops have a deadline of their own, and a ping would wait behind a blocked one
            }

            var asked = _settings.Time.GetTimestamp();
            await connection.Database.PingAsync().WaitAsync(interval, _settings.Time, cancellationToken);
            Interlocked.Exchange(ref _roundTripTicks, _settings.Time.GetElapsedTime(asked).Ticks);
            if (_role == RedisLinkRole.Subscriptions)
            {
                await connection.Subscriber.PingAsync().WaitAsync(interval, _settings.Time, cancellationToken);
            }
        }
    }

    // After a failover the former master may still answer: what is written there, or published, reaches nobody. Beside
    // the watch, which must not wait for sentinels.
    private async Task FollowMasterAsync(RedisConnection connection, CancellationToken cancellationToken)
    {
        if (_address.MasterName is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        while (true)
        {
            await Task.Delay(_settings.Options.PingInterval, _settings.Time, cancellationToken);
            try
            {
                if (!(await SentinelResolver.FindMasterAsync(_address, _settings, cancellationToken)).Equals(connection.Server))
                {
                    connection.ReportLost("the sentinels name another master");
                }
            }
            catch (IOException e)
            {
                Log.SentinelsSilent(_settings.Logger, _settings.Alias, _address.Display, e.Message); // no reason to leave a server that answers
            }
        }
    }

    private static string Describe(Exception error) => HeaderText.Escape(error switch
    {
        TimeoutException => "no answer in time",
        RedisConnectionException or RedisServerException or IOException => error.Message,
        _ => $"{error.GetType().Name}: {error.Message}",
    });

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Information, "Layer '{Alias}': connected to Redis host {Host} for {Role}.")]
        public static partial void Connected(ILogger logger, string alias, string host, RedisLinkRole role);

        [LoggerMessage(5002, LogLevel.Warning, "Layer '{Alias}': lost Redis host {Host} for {Role}: {Reason}. Reconnecting.")]
        public static partial void Lost(ILogger logger, string alias, string host, RedisLinkRole role, string reason);

        [LoggerMessage(EventId = 5003, Message = "Layer '{Alias}': cannot connect to Redis host {Host} for {Role}: {Reason}. Further attempts that fail are logged at debug level.")]
        public static partial void Failed(ILogger logger, LogLevel level, string alias, string host, RedisLinkRole role, string reason);

        [LoggerMessage(5005, LogLevel.Debug, "Layer '{Alias}': no sentinel tells the master of Redis host {Host}: {Reason}")]
        public static partial void SentinelsSilent(ILogger logger, string alias, string host, string reason);

        [LoggerMessage(5004, LogLevel.Critical, "Layer '{Alias}': Redis host {Host} cannot be used: {Reason}")]
        public static partial void Refused(ILogger logger, string alias, string host, string reason);
    }
}
