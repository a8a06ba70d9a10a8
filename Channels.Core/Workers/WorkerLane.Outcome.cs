using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>What becomes of a job: done, tried again, given back, or kept among the dead letters.</summary>
internal sealed partial class WorkerLane
{
    private async ValueTask CompleteAsync(CancellationToken abort)
    {
        if (_current is not { } job)
        {
            return;
        }

        _current = null;
        services.Metrics.Attempt(channel, done: true, services.Time.GetElapsedTime(job.StartedAt));
        await job.EndRenewalAsync();
        if (job.Taken is { } taken)
        {
            await RemoveAsync(taken, abort);
        }
    }

    // While the queue is away the job is done but not known to be: without trying again, somebody would repeat it.
    private async ValueTask RemoveAsync(TakenJob job, CancellationToken abort)
    {
        while (true)
        {
            try
            {
                await job.CompleteAsync(CancellationToken.None);
                return;
            }
            catch (Exception error)
            {
                if (Begins(error, "completing jobs"))
                {
                    Log.NotCompleted(services.Logger, error, channel);
                }

                if (abort.IsCancellationRequested)
                {
                    return;
                }

                await PauseAsync(options.ErrorDelay, abort);
            }
        }
    }

    private async Task FailAsync(Exception error, CancellationToken abort)
    {
        if (_current is not { } job)
        {
            if (Begins(error, "without a job"))
            {
                Log.ApplicationFailed(services.Logger, error, channel);
            }

            return;
        }

        _current = null;
        services.Metrics.Attempt(channel, done: false, services.Time.GetElapsedTime(job.StartedAt));
        if (job.Attempt < options.MaxAttempts && !abort.IsCancellationRequested)
        {
            var delay = Backoff(job.Attempt);
            if (Begins(error, job.Type))
            {
                Log.WillRetry(services.Logger, error, channel, job.Type, job.Attempt, options.MaxAttempts, delay);
            }

            await PauseAsync(delay, abort);
            await job.EndRenewalAsync();
            _retry = job;
            return;
        }

        await EndAsync(job, error, stopping: abort.IsCancellationRequested);
    }

    /// <summary>The last this worker does with a job that it could not finish.</summary>
    private async Task EndAsync(WorkerJob job, Exception error, bool stopping)
    {
        await job.EndRenewalAsync();
        if (!stopping || job.Taken is not { } taken)
        {
            await KeepAsync(job, error);
            return;
        }

        try
        {
            await taken.ReleaseAsync(countAttempt: true, CancellationToken.None);
        }
        catch (Exception late)
        {
            if (Begins(late, "giving jobs back"))
            {
                Log.NotReleased(services.Logger, late, channel); // the visibility time gives it back as well
            }
        }
    }

    private async Task KeepAsync(WorkerJob job, Exception error, string? failure = null)
    {
        // A line for each, because somebody has to look at it; its stack is that of the attempts before, or of the letters.
        Log.GaveUp(services.Logger, Begins(error, job.Type) ? error : null, channel, job.Type, job.Attempt, failure ?? error.GetType().Name);
        services.Metrics.DeadLettered(channel);
        try
        {
            await services.DeadLetters.AddAsync(
                new("", channel, job.Message, $"{error.GetType().Name}: {error.Message}", job.Attempt, services.Time.GetUtcNow()) { Layer = options.Layer, Acknowledged = options.Acknowledged },
                CancellationToken.None);
            if (job.Taken is { } taken)
            {
                await taken.CompleteAsync(CancellationToken.None);
            }
        }
        catch (Exception lost)
        {
            Log.LetterLost(services.Logger, Begins(lost, "keeping dead letters") ? lost : null, channel, job.Type); // the worker must go on
        }
    }

    private TimeSpan Backoff(int attempts)
    {
        var ticks = options.RetryDelay.Ticks * Math.Pow(2, Math.Min(attempts - 1, 30));
        return TimeSpan.FromTicks((long)Math.Min(ticks, options.MaxRetryDelay.Ticks));
    }
}
