using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Counts the dead letters that a store drops because newer ones need their place, and writes one line per episode.
/// Thread-safe.
/// </summary>
internal sealed partial class DeadLetterDrops(ChannelsMetrics metrics, TimeProvider time, ILogger<DeadLetterDrops> logger)
{
    private readonly Counter<long> _dropped = metrics.Meter.CreateCounter<long>(
        "channels.worker.deadletters.dropped", "{message}", "Dead letters dropped because newer ones needed their place, by channel and reason (capacity, bytes).");

    private readonly ConcurrentDictionary<(string Channel, string Reason), Episode> _episodes = new();

    /// <summary>Letters beyond <see cref="DeadLetterOptions.Capacity"/>.</summary>
    public void BeyondCapacity(string channel, long count) => Count(channel, "capacity", nameof(DeadLetterOptions.Capacity), count);

    /// <summary>Letters beyond <see cref="DeadLetterOptions.MaxBytes"/>.</summary>
    public void BeyondBytes(string channel, long count) => Count(channel, "bytes", nameof(DeadLetterOptions.MaxBytes), count);

    private void Count(string channel, string reason, string option, long count)
    {
        if (count == 0)
        {
            return;
        }

        _dropped.Add(count, new("channels.channel", channel), new("channels.drop.reason", reason));
        if (_episodes.GetOrAdd((channel, reason), static (_, clock) => new Episode(clock), time).Begins())
        {
            Log.Dropped(logger, channel, count, option);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7030, LogLevel.Warning, "Channel '{Channel}': {Count} of the oldest dead letters dropped, because Channels:DeadLetters:{Option} allows no more. Further ones are only counted until a minute passes without one.")]
        public static partial void Dropped(ILogger logger, string channel, long count, string option);
    }
}
