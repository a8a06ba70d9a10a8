using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>Keeps a taken job while its handler runs. Disposing ends it and waits for the renewal on its way.</summary>
internal sealed partial class JobRenewal : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public JobRenewal(string channel, TakenJob job, int attempt, WorkerServices services) =>
        _running = job.RenewPeriod > TimeSpan.Zero ? RunAsync(channel, job, attempt, services, _stop.Token) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private static async Task RunAsync(string channel, TakenJob job, int attempt, WorkerServices services, CancellationToken stop)
    {
        try
        {
            if (attempt > job.Attempt && !await TryRenewAsync(channel, job, attempt, services, stop))
            {
                return; // the worker tries again by itself, which the queue must know
            }

            do
            {
                await Task.Delay(job.RenewPeriod, services.Time, stop);
            }
            while (await TryRenewAsync(channel, job, attempt, services, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The job is finished, one way or the other.
        }
    }

    /// <returns>False when there is no sense in going on.</returns>
    private static async ValueTask<bool> TryRenewAsync(string channel, TakenJob job, int attempt, WorkerServices services, CancellationToken stop)
    {
        try
        {
            if (await job.RenewAsync(attempt, stop))
            {
                return true;
            }

            Log.Lost(services.Logger, channel);
            return false;
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return false; // the job is finished; what became of this renewal is of no account and must not end the worker
        }
        catch (Exception error)
        {
            if (services.Flood.Begins(FloodLog.KindOf(error), $"{channel}: renewing jobs")) // every job under way is renewed
            {
                Log.Failed(services.Logger, error, channel);
            }

            return true; // the queue may be back before the visibility time is over
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7020, LogLevel.Warning, "Channel '{Channel}': a job was renewed too late and now belongs to another worker, too; it may be done twice.")]
        public static partial void Lost(ILogger logger, string channel);

        [LoggerMessage(7021, LogLevel.Warning, "Channel '{Channel}': a job could not be renewed; another attempt follows.")]
        public static partial void Failed(ILogger logger, Exception error, string channel);
    }
}
