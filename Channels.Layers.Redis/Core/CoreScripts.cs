namespace Channels.Layers.Redis;

/// <summary>What the core layout does in the server, so that a send costs one round trip and reads a consistent count.</summary>
/// <remarks>
/// Writing comes before purging: Redis refuses a script for lack of memory only at its first write, and removing is not
/// refused, so the other order would grow a full server without end.
/// </remarks>
internal static class CoreScripts
{
    /// <summary>
    /// Lua that writes a copy into an inbox, or notes its place when it is full. Reads newest expired score, score and seconds to
    /// live from the arguments, asks a function <c>put</c> for what is put, and has <c>i</c>, <c>key</c>, <c>copy</c>,
    /// <c>capacity</c> and <c>full</c>.
    /// </summary>
    public const string WriteToInbox = """
        local waiting = redis.call('ZCARD', key) - redis.call('ZCOUNT', key, 0, ARGV[1])
        if waiting < capacity then
          redis.call('ZADD', key, ARGV[2], put(copy))
          redis.call('EXPIRE', key, ARGV[3])
        else
          full[#full + 1] = i
        end
        redis.call('ZREMRANGEBYSCORE', key, 0, ARGV[1])
        """;

    /// <summary>Lua that writes the copies among the arguments into the inboxes among the keys.</summary>
    private const string WriteToInboxes = $$"""
        local full = { }
        for i = 1, inboxes do
          local key, copy, capacity = KEYS[i], ARGV[2 * i + 2], tonumber(ARGV[2 * i + 3])
          {{WriteToInbox}}
        end
        """;

    private const string PutAsItIs = "local function put(copy) return copy end";

    /// <summary>
    /// One message into one inbox. Key: the inbox. Arguments: newest expired score, capacity, score, member, seconds to
    /// live. Gives 0 when the inbox is full and nothing was written.
    /// </summary>
    public static RedisScript Send { get; } = new("""
        local waiting = redis.call('ZCARD', KEYS[1]) - redis.call('ZCOUNT', KEYS[1], 0, ARGV[1])
        local full = waiting >= tonumber(ARGV[2])
        if not full then
          redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
          redis.call('EXPIRE', KEYS[1], ARGV[5])
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1])
        return full and 0 or 1
        """);

    /// <summary>
    /// One message into each of several inboxes of one host. Keys: the inboxes. Arguments: newest expired score, score,
    /// seconds to live, then member and capacity for each key. Gives the places of the inboxes that were full, counted from 1.
    /// </summary>
    public static RedisScript FanOut { get; } = new($"""
        {PutAsItIs}
        local inboxes = #KEYS
        {WriteToInboxes}
        return full
        """);

    /// <summary>
    /// As <see cref="FanOut"/>, if the members of the group are still those that the copies were made for. Keys and
    /// arguments as there, then the group, and newest expired score of memberships and the digest of the members. Gives
    /// a list of the places of the inboxes that were full, or of a zero and the members; then nothing was written.
    /// </summary>
    public static RedisScript FanOutToKnown { get; } = new($$"""
        {{PutAsItIs}}
        local inboxes = #KEYS - 1
        local group, expired = KEYS[#KEYS], ARGV[#ARGV - 1]
        local members = redis.call('ZRANGEBYSCORE', group, '(' .. expired, '+inf')
        local answer = {0, members}
        if redis.sha1hex(table.concat(members, '\n')) == ARGV[#ARGV] then
          {{WriteToInboxes}}
          answer = {full}
        end
        redis.call('ZREMRANGEBYSCORE', group, 0, expired)
        return answer
        """);

    /// <summary>The members of a group. Key: the group. Argument: newest expired score.</summary>
    public static RedisScript Members { get; } = new("""
        redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1])
        return redis.call('ZRANGE', KEYS[1], 0, -1)
        """);

    /// <summary>
    /// A page of the members of a group with their scores. Key: the group. Arguments: newest expired score, the last member of the
    /// page before and its score, both empty for the first page, and how many. When that member has gone or joined anew, those with
    /// its score come once more.
    /// </summary>
    public static RedisScript MemberPage { get; } = new("""
        redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1])
        local start = 0
        if ARGV[2] ~= '' then
          if redis.call('ZSCORE', KEYS[1], ARGV[2]) == ARGV[3] then start = redis.call('ZRANK', KEYS[1], ARGV[2]) + 1
          else start = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[3]) end
        end
        return redis.call('ZRANGE', KEYS[1], start, start + ARGV[4] - 1, 'WITHSCORES')
        """);

    /// <summary>
    /// Removes members of a process unless it lives, in one step: one that comes back writes its key first, then its members.
    /// Keys: the group, the process'. Arguments: the channels. Gives 0 when the process lives.
    /// </summary>
    public static RedisScript RemoveIfDead { get; } = new("""
        if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
        for i = 1, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
        return 1
        """);

    /// <summary>Adds channels to a group. Key: the group. Arguments: score, seconds to live, then the channels.</summary>
    public static RedisScript Join { get; } = new("""
        for i = 3, #ARGV do redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i]) end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        return 1
        """);

    /// <summary>Ends a blocked pop. Key: one that it asks for. Argument: seconds to live.</summary>
    public static RedisScript Wake { get; } = new("""
        redis.call('ZADD', KEYS[1], 0, 'wake')
        redis.call('EXPIRE', KEYS[1], ARGV[1])
        return 1
        """);

    /// <summary>
    /// Prolongs memberships that still exist: whoever was discarded meanwhile, by any process, stays out. Key and
    /// arguments as for <see cref="Join"/>.
    /// </summary>
    public static RedisScript Refresh { get; } = new("""
        for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'XX', ARGV[1], ARGV[i]) end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        return 1
        """);
}
