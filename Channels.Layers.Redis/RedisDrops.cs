using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>Counts the messages a Redis layer drops; one log line per episode of each kind. Thread-safe.</summary>
internal sealed partial class RedisDrops(string alias, TimeProvider time, ChannelsMetrics metrics, ILogger logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private readonly LayerDrops _common = new(alias, time, metrics, logger);
    private long _lastUndecodable = long.MinValue;
    private long _lastSlow = long.MinValue;
    private long _lastOutdated = long.MinValue;
    private long _lastUnconfirmed = long.MinValue;

    public void Full(string group, int count, int members) => _common.Full(group, count, members);

    public void Expired() => _common.Expired();

    public void Closed() => _common.Closed();

    /// <summary>A message that cannot be used, whoever wrote it: logged with key and length, never with its content (R-CORE-49).</summary>
    public void Undecodable(string key, int length, string problem)
    {
        metrics.LayerDropped(alias, "undecodable");
        if (Begins(ref _lastUndecodable))
        {
            Log.Undecodable(logger, alias, length, HeaderText.Escape(key), problem);
        }
    }

    /// <summary>The oldest message of an inbox, dropped because its consumer is too slow.</summary>
    public void Slow(int count = 1)
    {
        metrics.LayerDropped(alias, "slow_consumer", count);
        if (Begins(ref _lastSlow))
        {
            Log.Slow(logger, alias);
        }
    }

    /// <summary>Messages on a server with older data, which may have been delivered before.</summary>
    public void Outdated(long count)
    {
        metrics.LayerDropped(alias, "outdated", count);
        if (Begins(ref _lastOutdated))
        {
            Log.Outdated(logger, alias, count);
        }
    }

    /// <summary>A message that was to be put back, and nobody knows whether it was.</summary>
    public void Uncertain() => metrics.LayerDropped(alias, "uncertain");

    /// <summary>A send that did not wait for its answer, and had none: it may or may not have been delivered.</summary>
    public void Unconfirmed(string reason)
    {
        metrics.LayerDropped(alias, "unconfirmed");
        if (Begins(ref _lastUnconfirmed))
        {
            Log.Unconfirmed(logger, alias, reason);
        }
    }

    private bool Begins(ref long last)
    {
        var now = time.GetTimestamp();
        var before = Interlocked.Exchange(ref last, now);
        return before == long.MinValue || time.GetElapsedTime(before, now) >= Quiet;
    }

    private static partial class Log
    {
        [LoggerMessage(5020, LogLevel.Warning, "Layer '{Alias}': dropped a message of {Length} bytes from '{Key}': {Problem}. Check that all peers use the same serializer, keys and random prefix length. Further ones are only counted until a minute passes without one.")]
        public static partial void Undecodable(ILogger logger, string alias, int length, string key, string problem);

        [LoggerMessage(5021, LogLevel.Warning, "Layer '{Alias}': a consumer is too slow; the oldest messages of its inbox are dropped. Further drops are only counted until a minute passes without one.")]
        public static partial void Slow(ILogger logger, string alias);

        [LoggerMessage(5022, LogLevel.Warning, "Layer '{Alias}': Redis came back with older data, or another server took its place; {Count} messages there that may have been delivered before are dropped.")]
        public static partial void Outdated(ILogger logger, string alias, long count);
        [LoggerMessage(5023, LogLevel.Warning, "Layer '{Alias}': a send was on its way when Redis ceased to answer, and may be lost: {Reason} Further ones are only counted until a minute passes without one.")]
        public static partial void Unconfirmed(ILogger logger, string alias, string reason);
    }
}
