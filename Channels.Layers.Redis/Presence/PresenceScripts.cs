namespace Channels.Layers.Redis;

/// <summary>
/// What presence does in the server in one step. For each group: a hash of connections and their keys, a hash of keys and how many
/// connections they have, the keys in order, and their metadata; and the history of the group's news, into which a change is written
/// with it, so that no news can be missing.
/// </summary>
internal static class PresenceScripts
{
    /// <summary>
    /// Makes a key present for a connection. Keys: connections, counts, order, metadata, log, head. Arguments:
    /// connection, key, metadata, then as <see cref="HistoryScripts.Append"/>. Gives epoch and number of the news, nothing when there
    /// are none, or only the key that the connection has and must lose first.
    /// </summary>
    public static RedisScript Track { get; } = new($$"""
        {{HistoryScripts.Append}}
        local isNew, other = false, redis.call('HGET', KEYS[1], ARGV[1])
        if other and other ~= ARGV[2] then return {other} end
        if redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) == 1 then
          isNew = redis.call('HINCRBY', KEYS[2], ARGV[2], 1) == 1
          redis.call('ZADD', KEYS[3], 0, ARGV[2])
        end
        local former = redis.call('HGET', KEYS[4], ARGV[2])
        redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
        if not isNew and former == ARGV[3] then return {} end
        local news = append(KEYS[5], KEYS[6], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10])
        return news
        """);

    /// <summary>
    /// Ends the presence of a connection. Keys as for <see cref="Track"/>. Arguments: connection, key, then as there. Gives epoch and
    /// number of the news, nothing when there are none.
    /// </summary>
    public static RedisScript Untrack { get; } = new($$"""
        {{HistoryScripts.Append}}
        if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return {} end
        redis.call('HDEL', KEYS[1], ARGV[1])
        if redis.call('HINCRBY', KEYS[2], ARGV[2], -1) > 0 then return {} end
        redis.call('HDEL', KEYS[2], ARGV[2])
        redis.call('ZREM', KEYS[3], ARGV[2])
        redis.call('HDEL', KEYS[4], ARGV[2])
        local news = append(KEYS[5], KEYS[6], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9])
        return news
        """);

    /// <summary>
    /// A page. Keys as for <see cref="Track"/>. Arguments: epoch if there is none, longest age of news in milliseconds, least key as
    /// ZRANGEBYLEX takes it, how many. Gives epoch and last number of the news, the keys, and their metadata.
    /// </summary>
    public static RedisScript List { get; } = new($$"""
        {{HistoryScripts.Begin}}
        local epoch = begin(KEYS[5], KEYS[6], ARGV[1])
        redis.call('PEXPIRE', KEYS[6], ARGV[2])
        local keys = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[3], '+', 'LIMIT', 0, ARGV[4])
        local metadata = {}
        for i = 1, #keys do metadata[i] = redis.call('HGET', KEYS[4], keys[i]) or '' end
        return {epoch, tonumber(redis.call('HGET', KEYS[6], 'last')), keys, metadata}
        """);

    /// <summary>
    /// Says that a process lives, and takes over those that do not: for a lease, after which another process may. Keys: the leases, and
    /// those of processes that are taken away. Arguments: process, lease in milliseconds. Gives whether it was known to live, and the
    /// processes taken over.
    /// </summary>
    public static RedisScript Live { get; } = new("""
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local known = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0
        redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 10)) do
          redis.call('ZREM', KEYS[1], ended)
          redis.call('ZADD', KEYS[2], now, ended)
        end
        local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 10)
        for i = 1, #dead do redis.call('ZADD', KEYS[2], now + ARGV[2], dead[i]) end
        return {known, dead}
        """);
}
