using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The layer that Python's <c>channels_redis.pubsub.RedisPubSubChannelLayer</c> speaks: nothing is stored, a message
/// reaches who is subscribed at that moment. One subscription per group and process; a broadcast is decoded once and
/// handed to all members of the process as one instance. Processes in both languages may share it.
/// </summary>
/// <remarks>
/// Connects at first use or when the host starts, and reconnects by itself, with all subscriptions confirmed again. While
/// Redis is away, sends fail at once with <see cref="ChannelLayerUnavailableException"/>, and joining groups only notes
/// the membership. While it answers, a send is done when it is on its way
/// (<see cref="RedisLayerOptions.MaxUnconfirmedSends"/>). Every listener of a channel gets every message, so workers need the core layout. Thread-safe.
/// </remarks>
public sealed partial class RedisPubSubLayer : IChannelLayer, IRedisLayer, IAsyncDisposable
{
    private const int ProcessDigits = 16;
    private readonly RedisLinkSettings _settings;
    private readonly WireNames _names;
    private readonly WireCodec _codec;
    private readonly RedisDrops _drops;
    private readonly PubSubHost[] _hosts;
    private readonly LocalDelivery _local;
    private readonly ConcurrentDictionary<string, SharedInbox> _shared = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _ownPatterns = new(StringComparer.Ordinal);
    private readonly ChannelCapacities _capacities;
    private readonly ChannelsMetrics _metrics;
    private readonly string _processId = Guid.NewGuid().ToString("N")[..ProcessDigits];
    private readonly long _expiry;
    private int _disposed;

    /// <summary>Makes a layer; it connects at first use.</summary>
    /// <param name="alias">The name it is registered under. Default <c>default</c>.</param>
    /// <param name="options">Its settings; read once. Null for the defaults.</param>
    /// <param name="time">The clock. Null for the system's.</param>
    /// <param name="metrics">Where messages and drops are counted; null for nowhere in particular.</param>
    /// <param name="logger">Where the layer reports; null for nowhere.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the wrong one.</exception>
    public RedisPubSubLayer(
        string alias = ChannelLayerAliases.Default,
        RedisLayerOptions? options = null,
        TimeProvider? time = null,
        ChannelsMetrics? metrics = null,
        ILogger<RedisPubSubLayer>? logger = null)
    {
        options ??= new();
        RedisLayerOptionsValidator.ThrowIfInvalid(alias, options);
        Alias = alias;
        time ??= TimeProvider.System;
        _metrics = metrics ?? new ChannelsMetrics();
        var log = (ILogger?)logger ?? NullLogger.Instance;
        _settings = new(alias, options, time, log, _metrics);
        _names = new(options.Prefix);
        _codec = new(options, time, stored: false);
        _drops = new(alias, time, _metrics, log);
        _capacities = new(options);
        _local = new(new() { Time = time, FullMode = InboxFullMode.DropOldest, OnExpired = _drops.Expired, OnClose = CloseAsync });
        _expiry = (long)(options.Expiry.TotalSeconds * time.TimestampFrequency);
        var addresses = RedisHostAddress.All(options);
        _notices = new(addresses.Length, options.OnDisconnect, options.OnReconnect, Announce);
        _hosts = [.. addresses.Select((address, index) => new PubSubHost(_settings, address, _drops, Receive, up => _notices.Set(index, up)))];
        RedisStartLog.PubSub(log, alias, options, addresses);
    }

    /// <inheritdoc/>
    public string Alias { get; }

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.Distributed;

    /// <summary>How each connection is, host by host.</summary>
    public IReadOnlyList<RedisLinkHealth> Links => [.. _hosts.SelectMany(host => new[] { host.Commands.Health, host.Subscriptions.Health })];

    /// <summary>Starts connecting and waits for the first attempt; a server that is away is no error.</summary>
    /// <param name="cancellationToken">Gives up waiting; connecting goes on.</param>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        var attempts = _hosts.SelectMany(host => new[] { host.Commands.StartAsync(), host.Subscriptions.StartAsync() });
        return Task.WhenAll(attempts).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        _names.ThrowIfNotPubSubChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        _metrics.LayerSent(Alias, "send");
        return PublishAsync(channel, message, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        _metrics.LayerSent(Alias, "group_send");
        return PublishAsync(_names.GroupChannel(group), message, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The first receive of a name subscribes to it, for the layer's life: what comes between two receives waits, up to the capacity.</remarks>
    /// <exception cref="InvalidOperationException">The channel is held open as an inbox, which has one reader only.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        _names.ThrowIfNotPubSubChannel(channel);
        if (_local.IsOpen(channel))
        {
            throw new InvalidOperationException($"The channel '{channel}' is held open by a {nameof(ChannelInbox)}; receive from that.");
        }

        await StartAsync(cancellationToken);
        var inbox = _shared.GetOrAdd(channel, static (name, layer) => new(layer._capacities.For(name), layer._settings.Time, layer._drops), this);
        await HostOf(channel).ReconcileAsync(Literal(channel), () => _shared.ContainsKey(channel), cancellationToken);
        return await inbox.ReceiveAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is not a valid group name, or too long.</exception>
    public async ValueTask<ChannelInbox> OpenChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(prefix);
        var start = $"{_names.Prefix}{prefix}{(prefix.EndsWith('.') ? "" : ".")}{_processId}";
        var name = start + Guid.NewGuid().ToString("N")[..(32 - ProcessDigits)];
        _names.ThrowIfNotPubSubChannel(name);
        await StartAsync(cancellationToken);
        var inbox = _local.TryOpen(name, _capacities.For(name)) ?? throw new InvalidOperationException($"The channel '{name}' exists already."); // its random part would have come twice

        // One pattern per process stands for all its channels: names are Python's, but opening a channel costs no round
        // trip and a thousand idle sockets hold no subscription of their own.
        var pattern = new RedisChannel(_ownPatterns.GetOrAdd(start, WireNames.StartsWithPattern), RedisChannel.PatternMode.Pattern);
        foreach (var host in _hosts)
        {
            await host.ReconcileAsync(pattern, static () => true, cancellationToken);
        }

        return inbox;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The channel is not open in this process: membership is in its memory only.</exception>
    public async ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        _names.ThrowIfNotPubSubChannel(channel);
        await HostOf(_names.GroupChannel(group)).SettleAsync(); // who joins does not hear what was sent before
        if (!_local.TryAdd(group, channel))
        {
            throw new InvalidOperationException($"The channel '{channel}' is not open in this process. In the pub/sub layout only the process that holds a channel can add it to groups; use the core layout if others must.");
        }

        await ReconcileGroupAsync(group, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        _names.ThrowIfNotPubSubChannel(channel);
        _local.Discard(group, channel);
        return ReconcileGroupAsync(group, cancellationToken);
    }

    private PubSubHost HostOf(string redisChannel) => _hosts[ShardRing.IndexOf(redisChannel, _hosts.Length)];

    private static RedisChannel Literal(string name) => new(name, RedisChannel.PatternMode.Literal);

    private ValueTask ReconcileGroupAsync(string group, CancellationToken cancellationToken)
    {
        var name = _names.GroupChannel(group);
        return HostOf(name).ReconcileAsync(Literal(name), () => _local.HasMembers(group), cancellationToken);
    }

    private ValueTask PublishAsync(string redisChannel, ChannelMessage message, CancellationToken cancellationToken) =>
        HostOf(redisChannel).PublishAsync(Literal(redisChannel), _codec.Encode(message), cancellationToken);
}
