using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>For data of the application's own in the Redis of a layer.</summary>
public static class RedisClientExtensions
{
    /// <summary>
    /// How StackExchange.Redis connects to one of the <see cref="RedisLayerOptions.Hosts"/>, whatever its form: for tables, sessions, keys of
    /// cookies. The connection is the application's; the layer keeps its own ones. A server that is away when it is opened is tried again
    /// by the client library, which also follows sentinels. Thread-safe as long as nobody changes the options.
    /// </summary>
    /// <param name="options">The layer's options.</param>
    /// <param name="host">Which entry of <see cref="RedisLayerOptions.Hosts"/>, from 0. Default the first one.</param>
    /// <returns>New settings, which may be changed before they are used.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    /// <exception cref="ArgumentException">The entry cannot be used; the message says why, without secrets.</exception>
    /// <exception cref="InvalidOperationException">Only one of sentinels and master is encrypted, which the client library cannot do.</exception>
    public static ConfigurationOptions ToClientOptions(this RedisLayerOptions options, int host = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        var all = RedisHostAddress.All(options);
        ArgumentOutOfRangeException.ThrowIfNegative(host);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(host, all.Length);
        return all[host].ToClientOptions();
    }
}
