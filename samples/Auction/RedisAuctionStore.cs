using System.Text.Json;
using StackExchange.Redis;

namespace Auctions;

/// <summary>The auctions of all processes, in Redis.</summary>
internal sealed class RedisAuctionStore(IConnectionMultiplexer redis) : IAuctionStore
{
    private const string Write = """
        if tonumber(redis.call('HGET', KEYS[1], 'version') or 0) ~= ARGV[1] - 1 then return 0 end
        redis.call('HSET', KEYS[1], 'version', ARGV[1], 'state', ARGV[2])
        redis.call('EXPIREAT', KEYS[1], ARGV[3])
        return 1
        """;

    public async ValueTask<Auction?> FindAsync(Guid id) => (string?)await redis.GetDatabase().HashGetAsync(KeyOf(id), "state") is { } state
        ? JsonSerializer.Deserialize(state, AuctionJson.Default.Auction) : null;

    public async ValueTask<bool> TryWriteAsync(Auction next) => (bool)await redis.GetDatabase().ScriptEvaluateAsync(
        Write, [KeyOf(next.Id)], [next.Version, JsonSerializer.Serialize(next, AuctionJson.Default.Auction), next.EndsAt.AddDays(7).ToUnixTimeSeconds()]);

    private static RedisKey KeyOf(Guid id) => $"auction:{id}";
}
