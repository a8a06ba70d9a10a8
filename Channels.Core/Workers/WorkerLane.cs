using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Handles the messages of one channel one at a time: runs an instance of the application and starts a new one when
/// the old one ends or fails. A message is done when the application asks for the next one.
/// </summary>
internal sealed partial class WorkerLane(string channel, WorkerServices services, ChannelWorkerOptions options)
{
    private Job? _current;
    private Job? _retry;
    private bool _tookAny;

    /// <summary>Runs until <paramref name="stopTaking"/> fires and what was taken is finished, or until <paramref name="abort"/> fires.</summary>
    public async Task RunAsync(CancellationToken stopTaking, CancellationToken abort)
    {
        var scope = new ChannelScope(channel) { Services = services.Provider, Aborted = abort, State = services.CopyState() };
        ValueTask<Event> Receive(CancellationToken cancellationToken) => TakeAsync(stopTaking, cancellationToken);
        do
        {
            _tookAny = false;
            try
            {
                await services.Application(scope, Receive, Refuse);
                Complete();
            }
            catch (Exception error)
            {
                await FailAsync(error, abort);
            }

            if (!_tookAny && !stopTaking.IsCancellationRequested)
            {
                await PauseAsync(options.ErrorDelay, stopTaking); // it ends without taking anything: do not spin
            }
        }
        while (!abort.IsCancellationRequested && (_retry is not null || !stopTaking.IsCancellationRequested));
    }

    private async ValueTask<Event> TakeAsync(CancellationToken stopTaking, CancellationToken cancellationToken)
    {
        Complete();
        var job = _retry;
        _retry = null;
        while (job is null)
        {
            if (stopTaking.IsCancellationRequested)
            {
                return ChannelStop.Instance;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopTaking, cancellationToken);
            try
            {
                job = new Job(await services.Layer.ReceiveAsync(channel, either.Token));
            }
            catch (OperationCanceledException) when (stopTaking.IsCancellationRequested)
            {
                // Stopping: the next turn says so.
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Log.LayerFailed(services.Logger, error, channel);
                await PauseAsync(options.ErrorDelay, stopTaking);
            }
        }

        job.Attempts++;
        job.StartedAt = services.Time.GetTimestamp();
        _current = job;
        _tookAny = true;
        return job.Message;
    }

    private void Complete()
    {
        if (_current is { } job)
        {
            _current = null;
            services.Metrics.Attempt(channel, done: true, services.Time.GetElapsedTime(job.StartedAt));
        }
    }

    private async Task FailAsync(Exception error, CancellationToken abort)
    {
        if (_current is not { } job)
        {
            Log.ApplicationFailed(services.Logger, error, channel);
            return;
        }

        _current = null;
        services.Metrics.Attempt(channel, done: false, services.Time.GetElapsedTime(job.StartedAt));
        var messageType = HeaderText.Escape(job.Message.Type);
        if (job.Attempts < options.MaxAttempts && !abort.IsCancellationRequested)
        {
            var delay = Backoff(job.Attempts);
            Log.WillRetry(services.Logger, error, channel, messageType, job.Attempts, options.MaxAttempts, delay);
            await PauseAsync(delay, abort);
            _retry = job;
            return;
        }

        Log.GaveUp(services.Logger, error, channel, messageType, job.Attempts);
        services.Metrics.DeadLettered(channel);
        try
        {
            await services.DeadLetters.AddAsync(new("", channel, job.Message, $"{error.GetType().Name}: {error.Message}", job.Attempts, services.Time.GetUtcNow()), CancellationToken.None);
        }
        catch (Exception lost)
        {
            Log.LetterLost(services.Logger, lost, channel, messageType); // the worker must go on
        }
    }

    private TimeSpan Backoff(int attempts)
    {
        var ticks = options.RetryDelay.Ticks * Math.Pow(2, Math.Min(attempts - 1, 30));
        return TimeSpan.FromTicks((long)Math.Min(ticks, options.MaxRetryDelay.Ticks));
    }

    private async Task PauseAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, services.Time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: the caller looks at the token itself.
        }
    }

    private ValueTask Refuse(Event message, CancellationToken cancellationToken) => throw new IllegalEventException(
        $"A worker has no peer: '{message.Type}' cannot be sent while serving channel '{channel}'. Send to a group or a channel through the layer instead.");

    private sealed class Job(ChannelMessage message)
    {
        public ChannelMessage Message { get; } = message;

        public int Attempts { get; set; }

        public long StartedAt { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Warning, "Channel '{Channel}': handling a message of type '{MessageType}' failed at attempt {Attempt} of {MaxAttempts}; next attempt in {Delay}.")]
        public static partial void WillRetry(ILogger logger, Exception error, string channel, string messageType, int attempt, int maxAttempts, TimeSpan delay);

        [LoggerMessage(7002, LogLevel.Error, "Channel '{Channel}': gave up on a message of type '{MessageType}' after {Attempts} attempts; it is kept among the dead letters.")]
        public static partial void GaveUp(ILogger logger, Exception error, string channel, string messageType, int attempts);

        [LoggerMessage(7003, LogLevel.Error, "Channel '{Channel}': the layer failed; reading goes on after a pause.")]
        public static partial void LayerFailed(ILogger logger, Exception error, string channel);

        [LoggerMessage(7004, LogLevel.Error, "Channel '{Channel}': the application failed without a message at hand; a new instance follows.")]
        public static partial void ApplicationFailed(ILogger logger, Exception error, string channel);

        [LoggerMessage(7005, LogLevel.Error, "Channel '{Channel}': a dead letter of type '{MessageType}' could not be kept and is lost.")]
        public static partial void LetterLost(ILogger logger, Exception error, string channel, string messageType);
    }
}
