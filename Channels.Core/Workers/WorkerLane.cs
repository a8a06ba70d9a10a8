namespace Channels;

/// <summary>
/// Handles the messages of one channel one at a time: runs an instance of the application and starts a new one when
/// the old one ends or fails. A message is done when the application asks for the next one.
/// </summary>
internal sealed partial class WorkerLane(string channel, WorkerServices services, ChannelWorkerOptions options)
{
    private WorkerJob? _current;
    private WorkerJob? _retry;
    private Task _taking = Task.CompletedTask;
    private bool _tookAny;

    /// <summary>Runs until <paramref name="stopTaking"/> fires and what was taken is finished, or until <paramref name="abort"/> fires.</summary>
    public async Task RunAsync(CancellationToken stopTaking, CancellationToken abort)
    {
        do
        {
            _tookAny = false;
            await RunInstanceAsync(stopTaking, abort);
            if (!_tookAny && !stopTaking.IsCancellationRequested)
            {
                await PauseAsync(options.ErrorDelay, stopTaking); // it ends without taking anything: do not spin
            }
        }
        while (!abort.IsCancellationRequested && (_retry is not null || !stopTaking.IsCancellationRequested));

        if (_retry is { } left)
        {
            _retry = null;
            await EndAsync(left, new OperationCanceledException("The worker was stopped before the next attempt."), stopping: true);
        }
    }

    private async Task RunInstanceAsync(CancellationToken stopTaking, CancellationToken abort)
    {
        var scope = new ChannelScope(channel) { Services = services.Provider, Aborted = abort, State = services.CopyState() };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopTaking);
        Exception? failure = null;
        try
        {
            await services.Application(scope, Receive, Refuse);
        }
        catch (Exception error)
        {
            failure = error;
        }

        // An instance may end, because of a message from elsewhere, while it waits for a job: nobody waits any more, and
        // what comes all the same is for the next instance.
        var wasTaking = !_taking.IsCompleted;
        await ended.CancelAsync();
        await _taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _taking = Task.CompletedTask;
        if (wasTaking && _current is { } unseen)
        {
            _current = null;
            await unseen.EndRenewalAsync();
            unseen.Attempt--;
            _retry = unseen;
        }

        if (failure is null && abort.IsCancellationRequested && _current is not null)
        {
            // A consumer takes a cancelled handler for a peer that has gone and ends quietly; here a job was cut off.
            failure = new OperationCanceledException("The worker was stopped before the job was finished.");
        }

        if (failure is null)
        {
            await CompleteAsync(abort);
        }
        else
        {
            await FailAsync(failure, abort);
        }

        ValueTask<Event> Receive(CancellationToken cancellationToken)
        {
            var taking = TakeAsync(ended.Token, stopTaking, abort, cancellationToken).AsTask();
            _taking = taking;
            return new(taking);
        }
    }

    private async ValueTask<Event> TakeAsync(CancellationToken ended, CancellationToken stopTaking, CancellationToken abort, CancellationToken cancellationToken)
    {
        await CompleteAsync(abort);
        var job = _retry;
        _retry = null;
        while (job is null)
        {
            // The stop is asked directly: a linked token hears of it a moment later, and a job could be taken meanwhile.
            if (stopTaking.IsCancellationRequested || ended.IsCancellationRequested)
            {
                return ChannelStop.Instance;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, cancellationToken);
            try
            {
                job = await KeepIfSpentAsync(await services.Take(either.Token));
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                // Stopping: the next turn says so.
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (Begins(error, "taking jobs"))
                {
                    Log.LayerFailed(services.Logger, error, channel);
                }

                await PauseAsync(options.ErrorDelay, stopTaking);
            }
        }

        var renewal = job.Taken is { } taken ? new JobRenewal(channel, taken, job.Attempt + 1, services) : null;
        job.Begin(services.Time.GetTimestamp(), renewal);
        _current = job;
        _tookAny = true;
        return job.Message;
    }

    // Workers died with it as often as it may be tried (only a job queue hands a job out again).
    private async ValueTask<WorkerJob?> KeepIfSpentAsync(WorkerJob job)
    {
        if (job.Attempt < options.MaxAttempts)
        {
            return job;
        }

        await KeepAsync(job, new InvalidOperationException("The workers that had taken the job did not finish it."), "no word from its worker");
        return null;
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
}
