using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Copies of one group message for inboxes of one host, sent by one script. Not thread-safe.</summary>
internal sealed class FanOutBatch
{
    private readonly int _maxBytes;
    private readonly List<GroupView.Inbox> _inboxes = [];
    private readonly List<RedisKey> _keys = [];
    private readonly List<RedisValue> _arguments;
    private int _bytes;

    public FanOutBatch(RedisLayerParts parts, double score)
    {
        _maxBytes = parts.Options.MaxMessageBytes;
        _arguments = [UnixTime.PurgeBound(parts.Time, parts.Options.Expiry), ScoreText.Of(score), (long)parts.Options.Expiry.TotalSeconds];
    }

    public int Count => _keys.Count;

    /// <summary>False when there are copies already and this one would make them too many bytes for one script.</summary>
    public bool TryAdd(in GroupView.Inbox inbox, byte[] copy)
    {
        if (Count > 0 && _bytes + copy.Length > _maxBytes)
        {
            return false;
        }

        _inboxes.Add(inbox);
        _keys.Add(inbox.Key);
        _arguments.Add(copy);
        _arguments.Add(inbox.Capacity);
        _bytes += copy.Length;
        return true;
    }

    /// <summary>Gives the inboxes that were full.</summary>
    public async Task<GroupView.Inbox[]> SendAsync(RedisLink link, CancellationToken cancellationToken) =>
        InboxesAt(await CoreScripts.FanOut.RunAsync(link, [.. _keys], [.. _arguments], _bytes, cancellationToken));

    /// <summary>Sends if the group has the members that the copies were made for; gives its members if not, and the inboxes that were full if so.</summary>
    public async ValueTask<(GroupView.Inbox[] Full, string[]? Members)> SendIfMembersAsync(RedisLink link, string group, double newestExpired, string digest, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await CoreScripts.FanOutToKnown.RunAsync(link, [.. _keys, group], [.. _arguments, newestExpired, digest], _bytes, cancellationToken))!; // always a list
        return answer.Length == 2 ? ([], (string[])answer[1]!) : (InboxesAt(answer[0]), null);
    }

    /// <summary>Runs a script that takes more than the copies, behind them.</summary>
    public async ValueTask<RedisResult[]> RunAsync(RedisScript script, RedisLink link, RedisKey[] keys, RedisValue[] arguments, int bytes, CancellationToken cancellationToken) =>
        (RedisResult[])(await script.RunAsync(link, [.. _keys, .. keys], [.. _arguments, .. arguments], _bytes + bytes, cancellationToken))!; // always a list

    /// <summary>The inboxes whose places a script gave.</summary>
    public GroupView.Inbox[] InboxesAt(RedisResult places) => (int[]?)places is { Length: > 0 } some ? Array.ConvertAll(some, place => _inboxes[place - 1]) : [];
}
