namespace Channels.Layers.Redis;

/// <summary>
/// What histories do in the server in one step. A group's history is a stream whose ids are the numbers of its messages, and a
/// hash of the epoch, the last number and the bytes of what is kept. A history without its hash has lost its numbers, and begins
/// anew.
/// </summary>
internal static class HistoryScripts
{
    /// <summary>
    /// Lua that drops what is too old or too much, in a function of log, head, most messages, most bytes and longest age in
    /// milliseconds; the newest message stays whatever its size.
    /// </summary>
    private const string Trim = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local function trim(log, head, most, mostBytes, age)
          local count, bytes, freed = redis.call('XLEN', log), tonumber(redis.call('HGET', head, 'bytes') or 0), 0
          while count > 0 do
            local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
            local body, at = oldest[2][2], tonumber(oldest[2][4])
            if count <= most and (bytes - freed <= mostBytes or count == 1) and at > now - age then break end
            redis.call('XDEL', log, oldest[1])
            count, freed = count - 1, freed + #body
          end
          if freed > 0 then redis.call('HINCRBY', head, 'bytes', -freed) end
          redis.call('PEXPIRE', log, age)
          redis.call('PEXPIRE', head, age)
        end
        """;

    /// <summary>Lua that gives the epoch, which begins with the first use.</summary>
    public const string Begin = """
        local function begin(log, head, epoch)
          local known = redis.call('HGET', head, 'epoch')
          if known then return known end
          redis.call('DEL', log)
          redis.call('HSET', head, 'epoch', epoch, 'last', 0, 'bytes', 0)
          return epoch
        end
        """;

    /// <summary>
    /// Lua that gives another epoch to a history that has lost data, so that no number means two messages: one that knows less than
    /// what was given out. A function of head, epoch, last number, another epoch, and epoch and number as the caller knows them.
    /// </summary>
    private const string Renew = """
        local function renew(head, epoch, last, another, known, number)
          if epoch ~= known or last >= tonumber(number) then return epoch end
          redis.call('HSET', head, 'epoch', another)
          return another
        end
        """;

    /// <summary>
    /// Lua that writes a message down and gives epoch and number, in a function of log, head, and: epoch if there is none, mark, body,
    /// most messages, most bytes, longest age, and whether it may be there already, because an answer was lost. Then it also gives
    /// whether it was. The mark gives way to the position wherever <c>put</c> is used.
    /// </summary>
    public const string Append = $$"""
        {{Trim}}
        {{Begin}}
        local position, mark
        local function put(body)
          local at = mark ~= '' and string.find(body, mark, 1, true)
          return at and (string.sub(body, 1, at - 1) .. position .. string.sub(body, at + #mark)) or body
        end
        local function append(log, head, epoch, text, body, most, bytes, age, again)
          local known = begin(log, head, epoch)
          for _, entry in ipairs(again == '1' and redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1000) or {}) do
            if entry[2][6] == text then return {known, tonumber(string.match(entry[1], '%d+'))}, true end
          end
          local number = redis.call('HINCRBY', head, 'last', 1)
          mark, position = text, known .. ':' .. string.format('%016.0f', number)
          redis.call('XADD', log, string.format('%.0f-0', number), 'body', put(body), 'at', string.format('%.0f', now), 'mark', text)
          redis.call('HINCRBY', head, 'bytes', #body)
          trim(log, head, most, bytes, age)
          return {known, number}, false
        end
        """;

    /// <summary>
    /// Writes a message down, and publishes the same bytes unless the channel is empty. Keys: log, head. Arguments: epoch if there
    /// is none, mark, body, most messages, most bytes, longest age in milliseconds, whether it may be there already, pub/sub channel,
    /// command that publishes on it. Gives epoch and number.
    /// </summary>
    public static RedisScript Publish { get; } = new($$"""
        {{Append}}
        local written, known = append(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7])
        if ARGV[8] ~= '' and not known then redis.call(ARGV[9], ARGV[8], put(ARGV[3])) end
        return written
        """);

    /// <summary>
    /// The messages behind a position. Keys: log, head. Arguments: another epoch, epoch and last number as this process knows them,
    /// longest age in milliseconds, most messages, most bytes, epoch of the position (empty for the oldest that is kept), its number,
    /// how many. Gives epoch, last number, 1 when what followed is gone, and the entries.
    /// </summary>
    public static RedisScript Read { get; } = new($$"""
        {{Trim}}
        {{Begin}}
        {{Renew}}
        local epoch = begin(KEYS[1], KEYS[2], ARGV[1])
        trim(KEYS[1], KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[4]))
        local last = tonumber(redis.call('HGET', KEYS[2], 'last'))
        epoch = renew(KEYS[2], epoch, last, ARGV[1], ARGV[2], ARGV[3])
        local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
        local first = oldest and tonumber(string.match(oldest[1], '%d+')) or last + 1
        local after = ARGV[7] == '' and first - 1 or tonumber(ARGV[8])
        if (ARGV[7] ~= '' and ARGV[7] ~= epoch) or after + 1 < first or after > last then return {epoch, last, 1, { } } end
        local messages = {}
        if tonumber(ARGV[9]) > 0 then
          messages = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', after + 1), '+', 'COUNT', ARGV[9])
        end
        return {epoch, last, 0, messages}
        """);

    /// <summary>
    /// Where a history stands; keeps one alive that is followed. Keys: log, head. Arguments: another epoch, longest age in
    /// milliseconds, epoch and last number as this process knows them. Gives epoch and number, of nothing when there is no history.
    /// </summary>
    public static RedisScript Look { get; } = new($$"""
        {{Renew}}
        local known = redis.call('HMGET', KEYS[2], 'epoch', 'last')
        if not known[1] then return {'', 0} end
        local last = tonumber(known[2])
        redis.call('PEXPIRE', KEYS[2], ARGV[2])
        return {renew(KEYS[2], known[1], last, ARGV[1], ARGV[3], ARGV[4]), last}
        """);
}
