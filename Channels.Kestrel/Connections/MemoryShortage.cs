using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>Counts who was ended because memory was short, and logs one line per episode. Thread-safe.</summary>
internal sealed partial class MemoryShortage(ILoggerFactory loggers, ChannelsMetrics metrics, TimeProvider time)
{
    private readonly ILogger _logger = loggers.CreateLogger("Channels.Server");
    private readonly Episode _episode = new(time);
    private readonly Counter<long> _ended = metrics.Meter.CreateCounter<long>("channels.server.memory.ended", "{connection}", "Connections and requests ended because peers made the server hold too much memory.");

    /// <summary>A shortage has been relieved.</summary>
    /// <param name="count">How many were ended.</param>
    public void Add(int count)
    {
        if (_episode.Begins())
        {
            Log.Short(_logger, count);
        }

        _ended.Add(count);
    }

    private static partial class Log
    {
        [LoggerMessage(1019, LogLevel.Warning, "Peers make the server hold more than Channels:Server:MaxHeldBytes; {Count} of them, who hold most and longest, are ended with 1013 or 503. Further ones are counted in channels.server.memory.ended.")]
        public static partial void Short(ILogger logger, int count);
    }
}
