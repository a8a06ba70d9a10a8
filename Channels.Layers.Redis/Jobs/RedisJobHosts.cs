using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The hosts of a layer as job queues and dead letters use them: the layer's own settings and names, connections of their
/// own for short commands. A channel's jobs and letters live on one host. Thread-safe.
/// </summary>
internal sealed class RedisJobHosts : IAsyncDisposable
{
    private static readonly Version OldestVersion = new(6, 2);
    private readonly RedisHostAddress[] _addresses;
    private readonly RedisLink[] _links;

    public RedisJobHosts(string alias, RedisLayerOptions options, TimeProvider time, ILogger logger)
    {
        Settings = new(alias, options, time, logger) { FollowsSlots = true };
        Codec = new(options, time, stored: false); // no age limit: jobs and letters outlive messages
        _addresses = RedisHostAddress.All(options);
        _links = Array.ConvertAll(_addresses, address => new RedisLink(
            Settings, address, RedisLinkRole.Commands, static (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop), ThrowIfUnusable));
    }

    public RedisLinkSettings Settings { get; }

    public WireCodec Codec { get; }

    /// <summary>The link for commands about a channel.</summary>
    public RedisLink LinkOf(string channel) => _links[ShardRing.IndexOf(channel, _links.Length)];

    /// <summary>The host of a channel.</summary>
    public RedisHostAddress AddressOf(string channel) => _addresses[ShardRing.IndexOf(channel, _addresses.Length)];

    // The braces keep what belongs together in one slot of a cluster; no other implementation knows these keys.
    public string JobKey(string channel) => $"{Settings.Options.Prefix}:jobs:{{{channel}}}";

    /// <summary>Everything a channel's jobs are kept in, in the order in which the scripts know it.</summary>
    public RedisKey[] JobKeys(string channel)
    {
        var stream = JobKey(channel);
        return [stream, $"{stream}:size", $"{stream}:delayed", $"{stream}:delayed:bodies", $"{stream}:periodic", $"{stream}:periodic:steps"];
    }

    /// <summary>The stream that a consumer reads beside the jobs, so that it can end its own read.</summary>
    public string JobWakeKey(string channel, string consumer) => $"{JobKey(channel)}:wake:{consumer}";

    public string LetterKey(string channel) => $"{Settings.Options.Prefix}:dead:{{{channel}}}";

    /// <exception cref="RedisRefusedException">The server is too old, or has no streams.</exception>
    public static void ThrowIfUnusable(ClientConnection connection)
    {
        if (connection.IsGarnet)
        {
            throw new RedisRefusedException("it is Garnet, which has no streams; job queues and dead letters need them. Give them a Redis layer of their own, on Redis or Valkey.");
        }

        if (connection.Version < OldestVersion)
        {
            throw new RedisRefusedException($"its version is {connection.Version}; job queues and dead letters need {OldestVersion} or later.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }
    }
}
