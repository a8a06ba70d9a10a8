using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>Leased values in the layer's own servers: a hash of owner and value for each key, which ends by itself.</summary>
internal sealed class RedisLeasedState(IHistoryLayer layer) : ILeasedState
{
    // Keys: the value's. Arguments: owner, value, lifetime in milliseconds.
    private static readonly RedisScript Put = new("""
        local owner = redis.call('HGET', KEYS[1], 'owner')
        if owner and owner ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'value', ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        """);

    // Arguments: the new owner. What is left says whose the key is, for as long as the value would have been there.
    private static readonly RedisScript Take = new("""
        local value = redis.call('HGET', KEYS[1], 'value')
        if not value then return false end
        redis.call('HDEL', KEYS[1], 'value')
        redis.call('HSET', KEYS[1], 'owner', ARGV[1])
        return value
        """);

    private static readonly RedisScript Release = new("""
        if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
        return 1
        """);

    public async ValueTask<bool> PutAsync(string key, string owner, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        return (int)await RunAsync(Put, key, owner, [owner, value, Math.Max(1, (long)lifetime.TotalMilliseconds)], value.Length, cancellationToken) == 1;
    }

    public async ValueTask<ReadOnlyMemory<byte>?> TakeAsync(string key, string owner, CancellationToken cancellationToken = default)
    {
        var value = await RunAsync(Take, key, owner, [owner], bytes: 0, cancellationToken);
        if (value.IsNull)
        {
            return null; // in a conditional expression it would be no bytes: null is an array, too
        }

        return new ReadOnlyMemory<byte>((byte[])value!); // looked at
    }

    public async ValueTask ReleaseAsync(string key, string owner, CancellationToken cancellationToken = default) => await RunAsync(Release, key, owner, [owner], bytes: 0, cancellationToken);

    private async ValueTask<RedisResult> RunAsync(RedisScript script, string key, string owner, RedisValue[] arguments, int bytes, CancellationToken cancellationToken)
    {
        ChannelNames.ThrowIfNotGroup(key);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        await layer.Parts.StartAsync(cancellationToken); // which link it is depends on what the server says that it is
        return await script.RunAsync(layer.HistoryLinkOf(key), [layer.Parts.Names.StateKey(key)], arguments, bytes + 100, cancellationToken);
    }
}
