using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Hands in each occurrence of the periodic jobs when its time has come. All processes with the same jobs do, and the queue
/// takes one: so it does not matter which of them is alive.
/// </summary>
internal sealed partial class PeriodicJobHost(
    IEnumerable<PeriodicJobRegistration> registrations, IServiceProvider services, TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    // The clock may be set while a long wait is on; a look at it costs nothing.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private readonly ILogger _logger = loggers.CreateLogger("Channels.Workers");
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var jobs = registrations.ToArray();
        if (jobs.GroupBy(job => (job.Layer, job.Channel, job.Name)).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"The periodic job '{twice.Key.Name}' of channel '{twice.Key.Channel}' is registered {twice.Count()} times: give each a name of its own.");
        }

        var running = jobs.Select(job => (job, Queue: FindQueue(job))).ToArray();
        _running = Task.WhenAll(running.Select(each => Task.Run(() => RunAsync(each.job, each.Queue, _stop.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    public void Dispose() => _stop.Dispose();

    private IPeriodicJobQueue FindQueue(PeriodicJobRegistration job)
    {
        var queue = services.GetKeyedService<IJobQueue>(job.Layer) ?? throw new InvalidOperationException(
            $"The periodic job '{job.Name}' needs a job queue for the layer '{job.Layer}': call AddRedisJobs(), or AddInMemoryJobs() in development, after services.AddChannels().");
        return queue as IPeriodicJobQueue ?? throw new InvalidOperationException(
            $"The periodic job '{job.Name}' needs a job queue that can repeat jobs, and {queue.GetType().Name} of layer '{job.Layer}' is no {nameof(IPeriodicJobQueue)}.");
    }

    private async Task RunAsync(PeriodicJobRegistration job, IPeriodicJobQueue queue, CancellationToken stop)
    {
        Log.Repeats(_logger, job.Name, job.Channel, job.Period);
        var failures = new Episode(time);
        DateTimeOffset? last = null;
        while (!stop.IsCancellationRequested)
        {
            var wait = RetryDelay;
            try
            {
                // The latest only: what was missed while nobody ran is made up for once.
                var due = job.Period.Latest(time.GetUtcNow());
                if (last is null || due > last)
                {
                    await queue.SendOccurrenceAsync(job.Channel, job.Job, job.Name, due, last, stop);
                    last = due;
                }

                wait = job.Period.Next(last.Value) - time.GetUtcNow();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                if (failures.Begins())
                {
                    Log.Failed(_logger, error, job.Name, job.Channel);
                }
            }

            wait = TimeSpan.FromTicks(Math.Clamp(wait.Ticks, ShortestWait.Ticks, LongestWait.Ticks));
            await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7013, LogLevel.Information, "Periodic job '{Name}' goes to channel '{Channel}' {Period}.")]
        public static partial void Repeats(ILogger logger, string name, string channel, JobPeriod period);

        [LoggerMessage(7014, LogLevel.Error, "Periodic job '{Name}' could not be put into the queue of channel '{Channel}'. It is tried again; further failures are silent until a minute passes without one.")]
        public static partial void Failed(ILogger logger, Exception error, string name, string channel);
    }
}
