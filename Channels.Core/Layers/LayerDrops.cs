using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels.Extending;

/// <summary>
/// Counts the messages a layer drops and writes one log line per episode: the first drop of a kind is logged, the ones
/// that follow within a minute of each other are only counted. Thread-safe; for implementations of layers.
/// </summary>
/// <param name="alias">The layer's alias.</param>
/// <param name="time">The clock that tells episodes apart.</param>
/// <param name="metrics">Where drops are counted.</param>
/// <param name="logger">Where episodes are logged.</param>
public sealed partial class LayerDrops(string alias, TimeProvider time, ChannelsMetrics metrics, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Episode> _episodes = new(StringComparer.Ordinal);

    /// <summary>The layer's alias.</summary>
    public string Alias => alias;

    /// <summary>Where episodes are logged.</summary>
    public ILogger Logger => logger;

    /// <summary>Messages that found a member of a group at capacity.</summary>
    /// <param name="group">The group.</param>
    /// <param name="count">How many.</param>
    /// <param name="members">How many members the broadcast had.</param>
    public void Full(string group, int count, int members)
    {
        if (Count("capacity", count))
        {
            Log.MembersFull(logger, alias, count, members, HeaderText.Escape(group));
        }
    }

    /// <summary>Messages that expired unread.</summary>
    /// <param name="count">How many. Default 1.</param>
    public void Expired(int count = 1)
    {
        if (Count("expired", count))
        {
            Log.MessagesExpired(logger, alias);
        }
    }

    /// <summary>Messages for channels of this process that are closed.</summary>
    /// <param name="count">How many. Default 1.</param>
    public void Closed(int count = 1)
    {
        if (Count("closed", count))
        {
            Log.ChannelClosed(logger, alias);
        }
    }

    /// <summary>Messages dropped for a reason of the layer's own, which it logs itself.</summary>
    /// <param name="reason">The reason, one of a few: it is a tag of the metric.</param>
    /// <param name="count">How many. Default 1.</param>
    /// <returns>Whether they begin an episode and are to be logged.</returns>
    public bool Count(string reason, long count = 1)
    {
        metrics.LayerDropped(alias, reason, count);
        return _episodes.GetOrAdd(reason, static (_, clock) => new Episode(clock), time).Begins();
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Warning, "Layer '{Layer}': {Count} of {Members} members of group '{Group}' are at capacity and miss a message; their consumers are too slow, or Capacity is too small. Further drops are only counted until a minute passes without one.")]
        public static partial void MembersFull(ILogger logger, string layer, int count, int members, string group);

        [LoggerMessage(3002, LogLevel.Warning, "Layer '{Layer}': a message expired unread; its channel's reader is too slow or gone. Further ones are only counted until a minute passes without one.")]
        public static partial void MessagesExpired(ILogger logger, string layer);

        [LoggerMessage(3003, LogLevel.Debug, "Layer '{Layer}': a message was sent to a channel of this process that is closed already. Further ones are only counted until a minute passes without one.")]
        public static partial void ChannelClosed(ILogger logger, string layer);
    }
}
