using Microsoft.Extensions.Logging;

namespace Channels.Layers.Redis;

/// <summary>What Redis layers drop for reasons of their own, and how they say so: one line per episode of each.</summary>
internal static partial class RedisDrops
{
    /// <summary>A message that cannot be used, whoever wrote it: logged with key and length, never with its content.</summary>
    public static void Undecodable(this LayerDrops drops, string key, int length, string problem)
    {
        if (drops.Count("undecodable"))
        {
            Log.Undecodable(drops.Logger, drops.Alias, length, HeaderText.Escape(key), problem);
        }
    }

    /// <summary>The oldest messages of inboxes, dropped because their consumers are too slow.</summary>
    public static void Slow(this LayerDrops drops, int count = 1)
    {
        if (drops.Count("slow_consumer", count))
        {
            Log.Slow(drops.Logger, drops.Alias);
        }
    }

    /// <summary>Messages on a server with older data, which may have been delivered before.</summary>
    public static void Outdated(this LayerDrops drops, long count)
    {
        if (drops.Count("outdated", count))
        {
            Log.Outdated(drops.Logger, drops.Alias, count);
        }
    }

    /// <summary>A batch that was popped while the connection failed; its messages, if there were any, are lost and cannot be counted.</summary>
    /// <param name="drops">Where it is counted, as one.</param>
    /// <param name="most">How many messages it may have had.</param>
    public static void LostBatch(this LayerDrops drops, int most)
    {
        if (drops.Count("popped"))
        {
            Log.LostBatch(drops.Logger, drops.Alias, most);
        }
    }

    /// <summary>Group messages that found none of this process' members because Redis had lost the group.</summary>
    public static void Forgotten(this LayerDrops drops, int count)
    {
        if (drops.Count("forgotten", count))
        {
            Log.Forgotten(drops.Logger, drops.Alias, count);
        }
    }

    /// <summary>A message that was to be put back, and nobody knows whether it was.</summary>
    public static void Uncertain(this LayerDrops drops) => drops.Count("uncertain");

    /// <summary>A send that did not wait for its answer, and had none: it may or may not have been delivered.</summary>
    public static void Unconfirmed(this LayerDrops drops, string reason)
    {
        if (drops.Count("unconfirmed"))
        {
            Log.Unconfirmed(drops.Logger, drops.Alias, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5024, LogLevel.Warning, "Layer '{Alias}': the connection failed while a batch of up to {Most} messages was on its way from Redis to this process; they are lost. Further ones are only counted, by batch, until a minute passes without one.")]
        public static partial void LostBatch(ILogger logger, string alias, int most);

        [LoggerMessage(5025, LogLevel.Warning, "Layer '{Alias}': {Count} group messages were sent while Redis knew none of this process' memberships, and missed its members. Further ones are only counted until a minute passes without one.")]
        public static partial void Forgotten(ILogger logger, string alias, int count);

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
