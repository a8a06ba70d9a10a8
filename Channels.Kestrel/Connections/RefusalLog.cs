using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Counts refusals and logs at most one line in three seconds for all of them. Thread-safe.</summary>
internal sealed partial class RefusalLog(ILogger logger, ServerTelemetry telemetry, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private long _lastLine;
    private long _since;
    private bool _hasLine;

    /// <summary>A WebSocket, or a request that would last, was refused.</summary>
    /// <param name="limit">The option that refused it.</param>
    public void Add(string limit)
    {
        telemetry.Refused(limit);
        long count;
        lock (_lock)
        {
            _since++;
            if (_hasLine && time.GetElapsedTime(_lastLine) < Interval)
            {
                return;
            }

            (_hasLine, _lastLine) = (true, time.GetTimestamp());
            (count, _since) = (_since, 0);
        }

        Log.Refused(logger, count, limit);
    }

    private static partial class Log
    {
        [LoggerMessage(1012, LogLevel.Warning, "Refused {Count} connections with 503, the last one because of Channels:Server:{Limit}; raise it if these clients are welcome.")]
        public static partial void Refused(ILogger logger, long count, string limit);
    }
}
