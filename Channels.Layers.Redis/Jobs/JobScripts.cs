namespace Channels.Layers.Redis;

/// <summary>
/// What job queues and dead letters do in the server in one step. Streams; the first key is the stream. Those of job queues have
/// a second key, a hash of how many jobs the stream has and the bytes of their bodies, and further ones for delayed jobs.
/// </summary>
/// <remarks>
/// The hash is only trusted while its number of jobs is the stream's. Otherwise one of the two was lost, or somebody else changed
/// the stream, and the server measures the stream anew. A server without memory refuses a script's first write when it needs
/// some, and none behind it: scripts that work off jobs begin with a write that needs none.
/// </remarks>
internal static class JobScripts
{
    /// <summary>The consumer group that all workers of a queue belong to.</summary>
    public const string Group = "workers";

    /// <summary>What adding answers: the queue has its number of jobs.</summary>
    public const int TooMany = 0;

    /// <summary>What adding answers: done.</summary>
    public const int Added = 1;

    /// <summary>What adding answers: the queue has its bytes.</summary>
    public const int TooLarge = 2;

    /// <summary>
    /// Functions for scripts that add jobs. Servers that do not tell how much memory a key takes measure it as nothing. An
    /// entry that only wakes a reader (see <see cref="DelayedJobScripts"/>) is no job.
    /// </summary>
    public const string Adding = """
        local function bytes_of(key, count, size, entries)
          local known = redis.call('HMGET', KEYS[2], count, size)
          if tonumber(known[1] or 0) == entries then return tonumber(known[2] or 0) end
          local used = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
          local bytes = type(used) == 'number' and used or 0
          redis.call('HSET', KEYS[2], count, entries, size, bytes)
          return bytes
        end
        local function refusal(replaced, freed)
          local jobs, delayed = redis.call('XLEN', KEYS[1]), redis.call('ZCARD', KEYS[3])
          local wake = redis.call('HGET', KEYS[2], 'wake')
          local waking = wake and #redis.call('XRANGE', KEYS[1], wake, wake) or 0
          if jobs - waking + delayed - replaced >= tonumber(ARGV[1]) then return 0 end
          local bytes = bytes_of(KEYS[1], 'jobs', 'bytes', jobs) + bytes_of(KEYS[4], 'delayed', 'delayed-bytes', delayed)
          if bytes - freed + #ARGV[2] > tonumber(ARGV[3]) then return 2 end
          return nil
        end
        local function add(body)
          local id = redis.call('XADD', KEYS[1], '*', 'body', body, 'attempts', '0')
          redis.call('HINCRBY', KEYS[2], 'jobs', 1)
          redis.call('HINCRBY', KEYS[2], 'bytes', #body)
          return id
        end

        """;

    /// <summary>Adds a job. Arguments: capacity, body, most bytes.</summary>
    public static RedisScript Send { get; } = new(Adding + """
        local refused = refusal(0, 0)
        if refused then return refused end
        add(ARGV[2])
        return 1
        """);

    /// <summary>
    /// Makes the group unless it is there, and forgets consumers that hold nothing and were not seen for a day. A last key: the
    /// stream that wakes the consumer, which it reads as one of the same group. Arguments: group.
    /// </summary>
    public static RedisScript Ensure { get; } = new("""
        redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
        redis.pcall('XGROUP', 'CREATE', KEYS[7], ARGV[1], '0', 'MKSTREAM')
        for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
          local f = {}
          for i = 1, #c, 2 do f[c[i]] = c[i + 1] end
          if f['pending'] == 0 and f['idle'] > 86400000 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], f['name']) end
        end
        return 1
        """);

    /// <summary>
    /// Takes over jobs that nobody has renewed in time, and starts those whose time has come. A last key: the stream that wakes
    /// the consumer, which outlives it by some minutes. Arguments: group, consumer, milliseconds, how many. Gives what
    /// <see cref="DelayedJobScripts.StartDue"/> gives, and a list of id, body, attempts of former entries, and how often it was
    /// handed out, for each that was taken over.
    /// </summary>
    public static RedisScript Claim { get; } = new(DelayedJobScripts.Starting + """
        redis.call('EXPIRE', KEYS[7], 600)
        local wait, delayed = start_due()
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
        return {wait, delayed, jobs}
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
          redis.call('HDEL', KEYS[2], 'jobs', 'bytes', 'wake')
        elseif ended == 1 then
          redis.call('HINCRBY', KEYS[2], 'jobs', -1)
          redis.call('HINCRBY', KEYS[2], 'bytes', 0 - ARGV[3])
        end
        return ended
        """);

    /// <summary>
    /// Puts a job behind those that wait, as a new entry, so that waiting workers see it at once. Arguments: group,
    /// consumer, id, body, attempts so far. Does nothing when another worker has it. A periodic job is known by its entry
    /// until it is finished, so the new id takes the place of the old one there.
    /// </summary>
    public static RedisScript Release { get; } = new("""
        if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        local entry = redis.call('XADD', KEYS[1], '*', 'body', ARGV[4], 'attempts', ARGV[5])
        local periodic = redis.call('HGETALL', KEYS[5])
        for i = 1, #periodic, 2 do
          local due, last = string.match(periodic[i + 1], '^(%d+) (%S*)$')
          if last == ARGV[3] then redis.call('HSET', KEYS[5], periodic[i], due .. ' ' .. entry) end
        end
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
