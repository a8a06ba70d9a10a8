using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Reads one named channel and feeds an application, as many messages at a time as its options say. Ends gracefully:
/// takes no more, finishes what it has, and cancels only after <see cref="ChannelWorkerOptions.StopTimeout"/>.
/// </summary>
internal sealed partial class ChannelWorker(string channel, WorkerServices services, ChannelWorkerOptions options) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopTaking = new();
    private readonly CancellationTokenSource _abort = new();
    private Task[] _lanes = [];

    public string Channel => channel;

    /// <summary>Healthy while every lane runs; a lane only ends when the worker stops.</summary>
    public HealthStatus Health => _lanes.Length > 0 && Array.TrueForAll(_lanes, lane => !lane.IsCompleted) ? HealthStatus.Healthy : HealthStatus.Unhealthy;

    public void Start()
    {
        // On the pool: a handler that blocks must not keep the host from starting.
        _lanes = [.. Enumerable.Range(0, options.Concurrency).Select(_ =>
            Task.Run(() => new WorkerLane(channel, services, options).RunAsync(_stopTaking.Token, _abort.Token)))];
        Log.Started(services.Logger, channel, options.Layer, options.Concurrency, options.MaxAttempts);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopTaking.CancelAsync();
        var done = Task.WhenAll(_lanes);
        try
        {
            await done.WaitAsync(options.StopTimeout, services.Time, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            Log.Cancelling(services.Logger, channel);
            await _abort.CancelAsync();
            await done.WaitAsync(TimeSpan.FromSeconds(1), services.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Log.Stopped(services.Logger, channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopTaking.CancelAsync();
        await _abort.CancelAsync();
        _stopTaking.Dispose();
        _abort.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(7010, LogLevel.Information, "Worker reads channel '{Channel}' of layer '{Layer}', {Concurrency} at a time, {MaxAttempts} attempt(s) each.")]
        public static partial void Started(ILogger logger, string channel, string layer, int concurrency, int maxAttempts);

        [LoggerMessage(7011, LogLevel.Warning, "Channel '{Channel}': handlers did not finish within StopTimeout and are cancelled.")]
        public static partial void Cancelling(ILogger logger, string channel);

        [LoggerMessage(7012, LogLevel.Information, "Worker of channel '{Channel}' has stopped.")]
        public static partial void Stopped(ILogger logger, string channel);
    }
}
