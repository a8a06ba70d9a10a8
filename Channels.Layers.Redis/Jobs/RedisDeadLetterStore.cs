using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Dead letters in one stream per channel, bounded by number and age, seen by all processes of a layer.</summary>
internal sealed partial class RedisDeadLetterStore(RedisJobHosts hosts, DeadLetterOptions options, DeadLetterDrops drops) : IDeadLetterStore, IAsyncDisposable
{
    private const string Body = "body";
    private const string Error = "error";
    private const string Attempts = "attempts";
    private const string FailedAt = "failedAt";
    private const string Acknowledged = "acknowledged";
    private const string IsCut = "cut";

    public bool IsShared => true;

    // Before this, nothing is worth keeping: a stream's ids begin with milliseconds.
    private long OldestId => options.Retention == TimeSpan.Zero ? 0 : (hosts.Settings.Time.GetUtcNow() - options.Retention).ToUnixTimeMilliseconds();

    public async ValueTask<DeadLetter> AddAsync(DeadLetter letter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(letter);
        ChannelNames.ThrowIfNotChannel(letter.Channel);
        letter = DeadLetterBody.Cut(letter, options.MaxBodyBytes);
        var body = hosts.Codec.Encode(letter.Message);
        var answer = (RedisResult[])(await JobScripts.Bury.RunAsync(
            hosts.LinkOf(letter.Channel),
            [hosts.LetterKey(letter.Channel)],
            [
                options.Capacity, OldestId, (long)Math.Ceiling(options.Retention.TotalSeconds), options.MaxBytes,
                Body, body, Error, letter.Error, Attempts, letter.Attempts,
                FailedAt, letter.FailedAt.ToUnixTimeMilliseconds(), Acknowledged, letter.Acknowledged, IsCut, letter.IsCut,
            ],
            body.Length, cancellationToken))!; // the script answers with a list of three
        drops.BeyondCapacity(letter.Channel, (long)answer[1]);
        drops.BeyondBytes(letter.Channel, (long)answer[2]);
        return letter with { Id = (string)answer[0]! }; // XADD answers with the id
    }

    public async ValueTask<IReadOnlyList<DeadLetter>> ListAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        var answer = await hosts.LinkOf(channel).RunAsync(
            static (database, call) => database.ExecuteAsync("XREVRANGE", call),
            new object[] { (RedisKey)hosts.LetterKey(channel), "+", OldestId, "COUNT", options.Capacity }, 0, cancellationToken);
        List<DeadLetter> letters = [];
        foreach (var entry in (RedisResult[])answer!) // XREVRANGE answers with a list
        {
            if (Read(channel, entry) is { } letter)
            {
                letters.Add(letter);
            }
        }

        letters.Reverse();
        return letters;
    }

    public async ValueTask<DeadLetter?> TakeAsync(string channel, string id, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        if (!IsId(id))
        {
            return null;
        }

        var answer = await JobScripts.Exhume.RunAsync(hosts.LinkOf(channel), [hosts.LetterKey(channel)], [id], 0, cancellationToken);
        return (RedisResult[])answer! is [var entry] ? Read(channel, entry) : null; // XRANGE answers with a list
    }

    public ValueTask DisposeAsync() => hosts.DisposeAsync();

    private static bool IsId(string? id) => id?.Split('-') is [var time, var number] && IsNumber(time) && IsNumber(number);

    private static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    // Whoever can write to Redis can write anything; what cannot be read is left out and reported.
    private DeadLetter? Read(string channel, RedisResult entry)
    {
        if ((RedisResult[]?)entry is not [var id, var content] || (RedisValue[]?)content is not { } pairs)
        {
            return null;
        }

        var fields = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < pairs.Length; i += 2)
        {
            fields[(string)pairs[i]!] = pairs[i + 1]; // names in a stream are never null
        }

        var problem = "it has no body";
        if (fields.GetValueOrDefault(Body) is { HasValue: true } body && hosts.Codec.TryDecode((byte[])body!, out var message, out _, out problem)) // has a value
        {
            var failedAt = long.TryParse((string?)fields.GetValueOrDefault(FailedAt), NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < 253402300800000L ? at : 0;
            _ = int.TryParse((string?)fields.GetValueOrDefault(Attempts), NumberStyles.None, CultureInfo.InvariantCulture, out var attempts);
            return new((string)id!, channel, message, (string?)fields.GetValueOrDefault(Error) ?? "", attempts, DateTimeOffset.FromUnixTimeMilliseconds(failedAt))
            {
                Layer = hosts.Settings.Alias,
                Acknowledged = fields.GetValueOrDefault(Acknowledged) == 1,
                IsCut = fields.GetValueOrDefault(IsCut) == 1,
            };
        }

        Log.Unreadable(hosts.Settings.Logger, hosts.Settings.Alias, channel, problem ?? "");
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(5040, LogLevel.Warning, "Layer '{Alias}': a dead letter of channel '{Channel}' cannot be read and is left out: {Problem}.")]
        public static partial void Unreadable(ILogger logger, string alias, string channel, string problem);
    }
}
