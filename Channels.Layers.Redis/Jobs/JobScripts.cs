namespace Channels.Layers.Redis;

/// <summary>
/// What job queues and dead letters do in the server in one step. Streams; the first key is the stream. Those of job queues have
/// a second key, a hash of how many jobs the stream has and the bytes of their bodies.
/// </summary>
/// <remarks>
/// The hash is only trusted while its number of jobs is the stream's. Otherwise one of the two was lost, or somebody else changed
/// the stream, and the server measures the stream anew.
/// </remarks>
internal static class JobScripts
{
    /// <summary>The consumer group that all workers of a queue belong to.</summary>
    public const string Group = "workers";

    /// <summary>
    /// Adds a job. Arguments: capacity, body, most bytes. Gives 0 when the queue has its number of jobs, 2 when it has its bytes.
    /// Servers that do not tell how much memory a key takes measure it as nothing.
    /// </summary>
    public static RedisScript Send { get; } = new("""
        local jobs = redis.call('XLEN', KEYS[1])
        if jobs >= tonumber(ARGV[1]) then return 0 end
        local known = redis.call('HMGET', KEYS[2], 'jobs', 'bytes')
        local bytes = tonumber(known[2] or 0)
        if tonumber(known[1] or 0) ~= jobs then
          local used = redis.pcall('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
          bytes = type(used) == 'number' and used or 0
          redis.call('HSET', KEYS[2], 'jobs', jobs, 'bytes', bytes)
        end
        if bytes + #ARGV[2] > tonumber(ARGV[3]) then return 2 end
        redis.call('XADD', KEYS[1], '*', 'body', ARGV[2], 'attempts', '0')
        redis.call('HINCRBY', KEYS[2], 'jobs', 1)
        redis.call('HINCRBY', KEYS[2], 'bytes', #ARGV[2])
        return 1
        """);

    /// <summary>
    /// Makes the group unless it is there, and forgets consumers that hold nothing and were not seen for a day. A third key: the
    /// stream that wakes the consumer, which it reads as one of the same group. Arguments: group.
    /// </summary>
    public static RedisScript Ensure { get; } = new("""
        redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
        redis.pcall('XGROUP', 'CREATE', KEYS[3], ARGV[1], '0', 'MKSTREAM')
        for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
          local f = {}
          for i = 1, #c, 2 do f[c[i]] = c[i + 1] end
          if f['pending'] == 0 and f['idle'] > 86400000 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], f['name']) end
        end
        return 1
        """);

    /// <summary>
    /// Takes over jobs that nobody has renewed in time. A third key: the stream that wakes the consumer, which outlives it by
    /// some minutes. Arguments: group, consumer, milliseconds, how many. Gives id, body, attempts of former entries, and how
    /// often it was handed out, for each.
    /// </summary>
    public static RedisScript Claim { get; } = new("""
        redis.call('EXPIRE', KEYS[3], 600)
        local jobs = {}
        for _, p in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[4])) do
          local claimed = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], p[1])
          if claimed[1] and claimed[1][2] then
            local f = claimed[1][2]
            jobs[#jobs + 1] = {p[1], f[2] or '', f[4] or '', p[4] + 1}
          else
            redis.call('XACK', KEYS[1], ARGV[1], p[1])
          end
        end
        return jobs
        """);

    /// <summary>Ends a consumer's blocked read. Key: the stream that wakes it.</summary>
    public static RedisScript Wake { get; } = new("""
        if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('XADD', KEYS[1], '*', 'wake', '1') end
        return 1
        """);

    /// <summary>Keeps a job. Arguments: group, consumer, id, how often it was begun. Gives 0 when another worker has it, or nobody.</summary>
    public static RedisScript Renew { get; } = new("""
        if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return 0 end
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'RETRYCOUNT', ARGV[4], 'JUSTID')
        return 1
        """);

    /// <summary>Ends a job, whoever has it. Arguments: group, id, bytes of its body.</summary>
    public static RedisScript Complete { get; } = new("""
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
        local ended = redis.call('XDEL', KEYS[1], ARGV[2])
        if redis.call('XLEN', KEYS[1]) == 0 then
          redis.call('DEL', KEYS[2])
        elseif ended == 1 then
          redis.call('HINCRBY', KEYS[2], 'jobs', -1)
          redis.call('HINCRBY', KEYS[2], 'bytes', 0 - ARGV[3])
        end
        return ended
        """);

    /// <summary>
    /// Puts a job behind those that wait, as a new entry, so that waiting workers see it at once. Arguments: group,
    /// consumer, id, body, attempts so far. Does nothing when another worker has it.
    /// </summary>
    public static RedisScript Release { get; } = new("""
        if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        redis.call('XADD', KEYS[1], '*', 'body', ARGV[4], 'attempts', ARGV[5])
        return 1
        """);

    /// <summary>
    /// Keeps a dead letter. Arguments: capacity, oldest id worth keeping, seconds to live (0: for ever), most bytes, then the fields.
    /// Gives its id, and how many others had to go because of the capacity and because of the bytes: of the latter a quarter at once,
    /// because looking how much memory a stream takes means reading all of it.
    /// </summary>
    public static RedisScript Bury { get; } = new("""
        local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 5))
        redis.call('XTRIM', KEYS[1], 'MINID', '~', ARGV[2])
        local counted = redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1])
        local weighed = 0
        local used = redis.pcall('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
        while type(used) == 'number' and used > tonumber(ARGV[4]) and redis.call('XLEN', KEYS[1]) > 1 do
          weighed = weighed + redis.call('XTRIM', KEYS[1], 'MAXLEN', math.floor(redis.call('XLEN', KEYS[1]) * 3 / 4))
          used = redis.pcall('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
        end
        if ARGV[3] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
        return {id, counted, weighed}
        """);

    /// <summary>Takes a dead letter out. Argument: id. Gives its entry for one caller, nothing for the others.</summary>
    public static RedisScript Exhume { get; } = new("""
        local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
        redis.call('XDEL', KEYS[1], ARGV[1])
        return found
        """);
}
