using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>What every script that writes into a history is given: keys, retention, and the message as it is kept. Thread-safe.</summary>
internal sealed class HistoryWriter(RedisLayerParts parts, HistoryOptions options)
{
    /// <summary>As messages are kept and published: without the random prefix and the age limit of those that wait in the core layout.</summary>
    public WireCodec Codec { get; } = new(parts.Options, parts.Time, stored: false);

    public long MaxAge => (long)options.MaxAge.TotalMilliseconds;

    public int MaxMessages => options.MaxMessages;

    public long MaxBytes => options.MaxBytes;

    public RedisKey[] Keys(string group)
    {
        var (log, head) = parts.Names.HistoryKeys(group);
        return [log, head];
    }

    /// <summary>The arguments of <see cref="HistoryScripts.Append"/>.</summary>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public (RedisValue[] Arguments, int Bytes) Arguments(HistoryDraft draft)
    {
        var body = Codec.Encode(draft.Message, position: draft.Entry);
        return ([HistoryPosition.NewEpoch(), draft.Mark, body, options.MaxMessages, options.MaxBytes, MaxAge, draft.Again], body.Length);
    }

    /// <summary>Writes a message down, and publishes it on a pub/sub channel unless that is empty.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The host is away, too slow, or refused.</exception>
    public async ValueTask<HistoryPosition> WriteAsync(RedisLink link, HistoryDraft draft, string channel, CancellationToken cancellationToken)
    {
        var (arguments, bytes) = Arguments(draft);
        return Position((RedisResult[])(await HistoryScripts.Publish.RunAsync(link, Keys(draft.Group), [.. arguments, channel, parts.Names.IsSharded ? "SPUBLISH" : "PUBLISH"], bytes, cancellationToken))!); // always a list
    }

    /// <summary>Epoch and number, as scripts give them.</summary>
    public static HistoryPosition Position(RedisResult[] answer) => new((string)answer[0]!, (long)answer[1]); // scripts give both
}
