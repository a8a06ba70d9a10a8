namespace Channels.Layers.Redis;

/// <summary>
/// What is done in one step with jobs that wait for their time. Beside the keys of <see cref="JobScripts"/> there are a sorted
/// set of ids by the millisecond they are due, a hash of their bodies, a hash of the last occurrences of periodic jobs, and one of
/// the milliseconds between their last two.
/// </summary>
/// <remarks>
/// Whoever reads the channel knows when the first job is due and starts it. When one comes before that, a reader must hear of
/// it: an entry without a body goes through the stream, and whoever gets it looks anew. The hash of sizes knows its id.
/// </remarks>
internal static class DelayedJobScripts
{
    /// <summary>
    /// Functions that move jobs whose time has come into the stream, a hundred at most. They leave their old place first: so a
    /// server without memory lets them be worked off.
    /// </summary>
    public const string Starting = """
        local function now()
          local time = redis.call('TIME')
          return time[1] * 1000 + math.floor(time[2] / 1000)
        end
        local function forget(id, bytes)
          redis.call('ZREM', KEYS[3], id)
          redis.call('HDEL', KEYS[4], id)
          if redis.call('ZCARD', KEYS[3]) == 0 then
            redis.call('HDEL', KEYS[2], 'delayed', 'delayed-bytes')
          else
            redis.call('HINCRBY', KEYS[2], 'delayed', -1)
            redis.call('HINCRBY', KEYS[2], 'delayed-bytes', 0 - bytes)
          end
        end
        local function start_due()
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now(), 'LIMIT', 0, 100)) do
            local body = redis.call('HGET', KEYS[4], id)
            forget(id, body and #body or 0)
            if body then
              redis.call('XADD', KEYS[1], '*', 'body', body, 'attempts', '0')
              redis.call('HINCRBY', KEYS[2], 'jobs', 1)
              redis.call('HINCRBY', KEYS[2], 'bytes', #body)
            end
          end
          local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
          return first[2] and math.max(first[2] - now(), 0) or -1, redis.call('ZCARD', KEYS[3])
        end

        """;

    /// <summary>Starts jobs whose time has come. Gives milliseconds until the next, -1 for none, and how many wait.</summary>
    public static RedisScript StartDue { get; } = new(Starting + "return {start_due()}");

    /// <summary>
    /// Adds a job that waits for its time, or replaces the one with its id. Arguments: those of <see cref="JobScripts.Send"/>, id,
    /// 1 when milliseconds from now follow, 0 when those since 1970 do, the milliseconds.
    /// </summary>
    public static RedisScript Schedule { get; } = new(JobScripts.Adding + Starting + """
        local id, time = ARGV[4], now()
        local due = tonumber(ARGV[6]) + (ARGV[5] == '1' and time or 0)
        local known = redis.call('ZSCORE', KEYS[3], id)
        local freed = redis.call('HSTRLEN', KEYS[4], id)
        local refused = refusal(known and 1 or 0, freed)
        if refused then return refused end
        if known then forget(id, freed) end
        if due <= time then
          add(ARGV[2])
          return 1
        end
        local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
        redis.call('ZADD', KEYS[3], due, id)
        redis.call('HSET', KEYS[4], id, ARGV[2])
        redis.call('HINCRBY', KEYS[2], 'delayed', 1)
        redis.call('HINCRBY', KEYS[2], 'delayed-bytes', #ARGV[2])
        local wake = redis.call('HGET', KEYS[2], 'wake')
        if (not first[2] or due < tonumber(first[2])) and not (wake and redis.call('XRANGE', KEYS[1], wake, wake)[1]) then
          redis.call('HSET', KEYS[2], 'wake', add(''))
        end
        return 1
        """);

    /// <summary>Takes a job back that waits for its time. Argument: id. Gives 0 when there is none.</summary>
    public static RedisScript Cancel { get; } = new(Starting + """
        if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
        forget(ARGV[1], redis.call('HSTRLEN', KEYS[4], ARGV[1]))
        return 1
        """);

    /// <summary>
    /// Adds an occurrence of a periodic job. Arguments: those of <see cref="JobScripts.Send"/>, name, the millisecond it is due,
    /// whether the caller handed in the one before. Gives 3 when nothing had to be added. The last occurrence is kept as its
    /// time and the id of its entry, which is in the stream as long as the job is not finished. A job that nobody hands in any
    /// more, because no process registers it, is forgotten after a month, but never before three of its own steps have passed.
    /// </summary>
    public static RedisScript Repeat { get; } = new(JobScripts.Adding + """
        local function note(due, last, entry)
          redis.call('HSET', KEYS[5], ARGV[4], due .. ' ' .. entry)
          if not last then return end
          redis.call('HSET', KEYS[6], ARGV[4], due - last)
          local now = redis.call('TIME')[1] * 1000
          local known = redis.call('HGETALL', KEYS[6])
          for i = 1, #known, 2 do
            local seen = string.match(redis.call('HGET', KEYS[5], known[i]) or '', '^%d+')
            if known[i] ~= ARGV[4] and (not seen or now - seen > math.max(2592000000, 3 * known[i + 1])) then
              redis.call('HDEL', KEYS[5], known[i])
              redis.call('HDEL', KEYS[6], known[i])
            end
          end
        end
        local last = redis.call('HGET', KEYS[5], ARGV[4])
        local due, entry = string.match(last or '', '^(%d+) (%S*)$')
        if due and tonumber(due) >= tonumber(ARGV[5]) then return 3 end
        if not due and ARGV[6] == '0' then
          note(ARGV[5], nil, '')
          return 3
        end
        if due and entry ~= '' and redis.call('XRANGE', KEYS[1], entry, entry)[1] then
          note(ARGV[5], due, entry)
          return 3
        end
        local refused = refusal(0, 0)
        if refused then return refused end
        note(ARGV[5], due, add(ARGV[2]))
        return 1
        """);
}
