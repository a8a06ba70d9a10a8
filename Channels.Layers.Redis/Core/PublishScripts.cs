namespace Channels.Layers.Redis;

/// <summary>
/// How the core layout writes a message into the history of a group and into its members' inboxes: both or nothing. An inbox
/// that is something else makes a script fail before it writes.
/// </summary>
internal static class PublishScripts
{
    /// <summary>
    /// As <see cref="CoreScripts.FanOutToKnown"/>, and writes the message into the group's history. Behind the group the keys of the
    /// history; behind the digest its arguments. Gives epoch, number, and the places of the inboxes that were full; or a zero and the
    /// members, and then nothing was written.
    /// </summary>
    public static RedisScript PublishToKnown { get; } = new($$"""
        {{HistoryScripts.Append}}
        local inboxes, a = #KEYS - 3, #ARGV - 7
        local group, expired = KEYS[#KEYS - 2], ARGV[a - 1]
        local members = redis.call('ZRANGEBYSCORE', group, '(' .. expired, '+inf')
        local answer = {0, members}
        if redis.sha1hex(table.concat(members, '\n')) == ARGV[a] then
          for i = 1, inboxes do redis.call('ZCARD', KEYS[i]) end
          local known
          answer, known = append(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5]), tonumber(ARGV[a + 6]), ARGV[a + 7])
          if known then inboxes = 0 end
          {{CoreScripts.WriteToInboxes}}
          answer[3] = full
        end
        redis.call('ZREMRANGEBYSCORE', group, 0, expired)
        return answer
        """);

    /// <summary>
    /// Writes a message into the history of a group and, whoever the members are, into their inboxes, with copies that it makes
    /// itself: what they hold beside the names of their receivers is the same. Keys: the group, log, head. Arguments: newest expired
    /// score, score, seconds to live, capacity, newest expired score of memberships, digest of the members as they are known, what
    /// keys of inboxes begin with, a copy with the history's mark as its receiver, most members, most inboxes, most bytes, the
    /// arguments of the history, and the members that are left out. Gives epoch, number, the places of the inboxes that were full,
    /// and the members unless they are those that are known; or, where there is too much for one script, a zero and the members,
    /// and then nothing was written.
    /// </summary>
    /// <param name="lua">Writes names, see <see cref="WireLua"/>.</param>
    public static RedisScript PublishMaking(string lua) => new($$"""
        {{HistoryScripts.Append}}
        {{lua}}
        {{IsName}}
        local group, expired = KEYS[1], ARGV[5]
        local members = redis.call('ZRANGEBYSCORE', group, '(' .. expired, '+inf')
        if #members > tonumber(ARGV[9]) then return {0, members} end
        local skipped, inboxes, receivers, lists = { }, { }, { }, { }
        for i = 19, #ARGV do skipped[ARGV[i]] = true end
        for _, name in ipairs(members) do
          if isName(name) then
            local own = string.find(name, '!', 1, true)
            local inbox = own and string.sub(name, 1, own) or name
            if not receivers[inbox] then inboxes[#inboxes + 1], receivers[inbox] = inbox, { } end
            if not skipped[name] then table.insert(receivers[inbox], text(name)) end
          end
        end
        local receiver = text(ARGV[13])
        local at = string.find(ARGV[8], receiver, 1, true)
        local before, behind = string.sub(ARGV[8], 1, at - 1), string.sub(ARGV[8], at + #receiver)
        local bytes = 0
        for i, inbox in ipairs(inboxes) do
          if #receivers[inbox] > 0 then
            redis.call('ZCARD', ARGV[7] .. inbox)
            lists[i] = list(receivers[inbox])
            bytes = bytes + #before + #lists[i] + #behind
          end
        end
        if #inboxes > tonumber(ARGV[10]) or bytes > tonumber(ARGV[11]) then return {0, members} end
        local answer, known = append(KEYS[2], KEYS[3], ARGV[12], ARGV[13], ARGV[14], tonumber(ARGV[15]), tonumber(ARGV[16]), tonumber(ARGV[17]), ARGV[18])
        local full, capacity = { }, tonumber(ARGV[4])
        for i, inbox in ipairs(known and { } or inboxes) do
          if lists[i] then
            local key, copy = ARGV[7] .. inbox, before .. lists[i] .. behind
            {{CoreScripts.WriteToInbox}}
          end
        end
        redis.call('ZREMRANGEBYSCORE', group, 0, expired)
        answer[3] = full
        if redis.sha1hex(table.concat(members, '\n')) ~= ARGV[6] then answer[4] = members end
        return answer
        """);

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
}
