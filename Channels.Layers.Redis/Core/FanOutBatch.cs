using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Copies of one group message for inboxes of one host, sent by one script. Not thread-safe.</summary>
internal sealed class FanOutBatch
{
    private readonly List<RedisKey> _keys = [];
    private readonly List<RedisValue> _arguments;

    public FanOutBatch(RedisLayerOptions options, double score) =>
        _arguments = [UnixTime.PurgeBound(score, options.Expiry), ScoreText.Of(score), (long)options.Expiry.TotalSeconds];

    public int Count => _keys.Count;

    public int Bytes { get; private set; }

    public void Add(string key, byte[] member, int capacity)
    {
        _keys.Add(key);
        _arguments.Add(member);
        _arguments.Add(capacity);
        Bytes += member.Length;
    }

    /// <summary>Gives how many inboxes were full.</summary>
    public async Task<int> SendAsync(RedisLink link, CancellationToken cancellationToken) =>
        (int)await CoreScripts.FanOut.RunAsync(link, [.. _keys], [.. _arguments], Bytes, cancellationToken);
}
