using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>
/// Looks once a second how late the thread pool is: a handler that blocks its thread keeps everybody waiting, and nothing
/// else would say so. Where nothing waits for the pool it is not late, and is left asleep. Thread-safe.
/// </summary>
internal sealed partial class PoolWatch : IDisposable
{
    private const int MostNamed = 5;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    private readonly RunningHandlers _running;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Histogram<double> _lag;
    private readonly Episode _episode;
    private readonly IntervalTimer _timer;
    private long _last;

    public PoolWatch(RunningHandlers running, ChannelsMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_running, _time, _logger) = (running, time, logger);
        _lag = metrics.Meter.CreateHistogram<double>("channels.server.pool.lag", "s", "How late the thread pool runs what is due.");
        _episode = new Episode(time);
        _last = time.GetTimestamp();
        _timer = new IntervalTimer(time, Interval, Look);
        _timer.Start();
    }

    public void Dispose() => _timer.Stop();

    private void Look()
    {
        var now = _time.GetTimestamp();
        var lag = _time.GetElapsedTime(Interlocked.Exchange(ref _last, now), now) - Interval;
        lag = lag > TimeSpan.Zero ? lag : TimeSpan.Zero;
        Guarded.Run(static state => state._lag.Record(state.lag.TotalSeconds), (_lag, lag));
        if (lag >= Late && _episode.Begins())
        {
            Log.Late(_logger, lag.TotalSeconds, _running.Describe(MostNamed));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1017, LogLevel.Warning, "The thread pool is {Seconds:F1} s late, so everybody waits. Handlers that occupy threads now: {Handlers}. Await instead of blocking (.Result, Wait(), Thread.Sleep).")]
        public static partial void Late(ILogger logger, double seconds, string handlers);
    }
}
