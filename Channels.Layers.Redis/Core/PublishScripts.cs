namespace Channels.Layers.Redis;

/// <summary>
/// How the core layout writes a message into the history of a group and into its members' inboxes: both or nothing. An inbox
/// that is something else makes the script fail before it writes.
/// </summary>
internal static class PublishScripts
{
    /// <summary>
    /// If the members are still those that the copies were made for, writes these; otherwise makes copies itself: what they hold
    /// beside the names of their receivers is the same. Keys, and arguments up to the digest, as for
    /// <see cref="CoreScripts.FanOutToKnown"/>; behind the group the keys of the history. Behind the digest the arguments of the
    /// history, a copy with the history's mark as its receiver, capacity, what keys of inboxes begin with, most members, most inboxes,
    /// most bytes, and the members that are left out. Gives epoch, number, the places of the inboxes that were full, and the members
    /// unless they are those that are known; or, where there is too much for one script or no copy to begin with, a zero and the
    /// members, and then nothing was written.
    /// </summary>
    /// <param name="lua">Writes names, see <see cref="WireLua"/>; null when the server cannot, and then
    /// the arguments end with those of the history.</param>
    public static RedisScript For(string? lua) => lua switch
    {
        WireLua.Msgpack => MakingMsgpack,
        WireLua.Json => MakingJson,
        _ => MakingNone,
    };

    // Lua that sorts members by inbox as GroupView does. Gives the inboxes' keys and a function that makes the copy for one, nil when
    // none of its members is to have it; or nothing when that is too much.
    private const string Make = """
        local function make(members, a)
          if #members > tonumber(ARGV[a + 4]) then return end
          local skipped, keys, receivers, lists = { }, { }, { }, { }
          for i = a + 7, #ARGV do skipped[ARGV[i]] = true end
          for _, name in ipairs(members) do
            if isName(name) then
              local own = string.find(name, '!', 1, true)
              local key = ARGV[a + 3] .. (own and string.sub(name, 1, own) or name)
              local names = receivers[key]
              if not names then
                names = { }
                keys[#keys + 1], receivers[key] = key, names
              end
              if not skipped[name] then names[#names + 1] = text(name) end
            end
          end
          local receiver = text(ARGV[a - 5])
          local first, last = string.find(ARGV[a + 1], receiver, 1, true)
          local before, behind = string.sub(ARGV[a + 1], 1, first - 1), string.sub(ARGV[a + 1], last + 1)
          local bytes = 0
          for i, key in ipairs(keys) do
            if #receivers[key] > 0 then
              lists[i] = list(receivers[key])
              bytes = bytes + #before + #lists[i] + #behind
            end
          end
          if #keys > tonumber(ARGV[a + 5]) or bytes > tonumber(ARGV[a + 6]) then return end
          return keys, function(i) return lists[i] and before .. lists[i] .. behind end
        end
        """;

    // Lua that tells text from a stranger's bytes, as GroupView does: well-formed UTF-8 without replacement characters.
    private const string IsName = """
        local forms = {
          '[\194-\223][\128-\191]',
          '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]', '\237[\128-\159][\128-\191]',
          '\240[\144-\191][\128-\191][\128-\191]', '[\241-\243][\128-\191][\128-\191][\128-\191]', '\244[\128-\143][\128-\191][\128-\191]',
        }
        local function isName(name)
          if not string.find(name, '[\128-\255]') then return name ~= '' end
          if string.find(name, '\239\191\189', 1, true) then return false end
          for _, form in ipairs(forms) do name = string.gsub(name, form, '.') end
          return not string.find(name, '[\128-\255]')
        end
        """;

    private const string Write = $$"""
        local group, a = KEYS[#KEYS - 2], 2 * #KEYS - 3
        local expired = ARGV[a + 1]
        local members = redis.call('ZRANGEBYSCORE', group, '(' .. expired, '+inf')
        local isKnown = redis.sha1hex(table.concat(members, '\n')) == ARGV[a + 2]
        local keys, copyOf
        if not isKnown then
          keys, copyOf = make(members, a + 9)
          if not keys then return {0, members} end
        end
        local inboxes = keys and #keys or #KEYS - 3
        for i = 1, inboxes do redis.call('ZCARD', (keys or KEYS)[i]) end
        local answer, isThere = append(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5], tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8]), ARGV[a + 9])
        local full = { }
        for i = 1, isThere and 0 or inboxes do
          local key, copy, capacity
          if isKnown then key, copy, capacity = KEYS[i], ARGV[2 * i + 2], tonumber(ARGV[2 * i + 3])
          else key, copy, capacity = keys[i], copyOf(i), tonumber(ARGV[a + 11]) end
          if copy then
            {{CoreScripts.WriteToInbox}}
          end
        end
        redis.call('ZREMRANGEBYSCORE', group, 0, expired)
        answer[3] = full
        if not isKnown then answer[4] = members end
        return answer
        """;

    private static RedisScript MakingNone { get; } = new($"""
        {HistoryScripts.Append}
        local function make() end
        {Write}
        """);

    private static RedisScript MakingMsgpack { get; } = new($"""
        {HistoryScripts.Append}
        {WireLua.Msgpack}
        {IsName}
        {Make}
        {Write}
        """);

    private static RedisScript MakingJson { get; } = new($"""
        {HistoryScripts.Append}
        {WireLua.Json}
        {IsName}
        {Make}
        {Write}
        """);
}
