using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The layer that Python's <c>channels_redis.core.RedisChannelLayer</c> speaks: messages wait in Redis until they are read
/// or expire, groups live in Redis, several readers share a channel. Processes in both languages may share it.
/// </summary>
/// <remarks>
/// Connects at first use or when the host starts, and reconnects by itself. While Redis is away, sends fail at once with
/// <see cref="ChannelLayerUnavailableException"/>; memberships of this process' own channels are noted and written when it
/// is back, also when it has lost its data. Thread-safe.
/// </remarks>
public sealed partial class RedisCoreLayer : IChannelLayer, IRedisLayer, IAsyncDisposable
{
    private readonly CoreSettings _settings;
    private readonly CoreHost[] _hosts;
    private readonly CoreReader[] _readers;
    private readonly PopDemand _demand;
    private readonly LocalDelivery _local;
    private readonly ChannelCapacities _capacities;
    private readonly ScoreGenerator _scores;
    private readonly ChannelsMetrics _metrics;
    private uint _nextHost;
    private int _disposed;

    /// <summary>Makes a layer; it connects at first use.</summary>
    /// <param name="alias">The name it is registered under. Default <c>default</c>.</param>
    /// <param name="options">Its settings; read once. Null for the defaults.</param>
    /// <param name="time">The clock. Null for the system's.</param>
    /// <param name="metrics">Where messages and drops are counted; null for nowhere in particular.</param>
    /// <param name="logger">Where the layer reports; null for nowhere.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the wrong one.</exception>
    public RedisCoreLayer(
        string alias = ChannelLayerAliases.Default,
        RedisLayerOptions? options = null,
        TimeProvider? time = null,
        ChannelsMetrics? metrics = null,
        ILogger<RedisCoreLayer>? logger = null)
    {
        options ??= new();
        RedisLayerOptionsValidator.ThrowIfInvalid(alias, options);
        Alias = alias;
        time ??= TimeProvider.System;
        _metrics = metrics ?? new ChannelsMetrics();
        var log = (ILogger?)logger ?? NullLogger.Instance;
        _settings = new(
            new(alias, options, time, log, _metrics), new(options.Prefix), new(options, time, stored: true), new(alias, time, _metrics, log), Guid.NewGuid().ToString("N"));
        _capacities = new(options);
        _local = new(new() { Time = time, FullMode = InboxFullMode.DropOldest, OnExpired = _settings.Drops.Expired, OnClose = CloseAsync });
        _scores = new(time);
        _demand = new(time);
        var delivery = new CoreDelivery(_settings, _local, _demand);
        var addresses = RedisHostAddress.All(options);
        _hosts = Array.ConvertAll(addresses, address => new CoreHost(_settings, address, _scores));
        _readers = [.. addresses.Select((address, index) => new CoreReader(_settings, address, _hosts[index], _demand, delivery))];
        RedisStartLog.Core(log, alias, options, addresses);
    }

    /// <inheritdoc/>
    public string Alias { get; }

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.CompetingReaders | ChannelLayerFeatures.Distributed;

    /// <summary>How each connection is, host by host.</summary>
    public IReadOnlyList<RedisLinkHealth> Links => [.. _hosts.Select(host => host.Link.Health), .. _readers.Select(reader => reader.Link.Health)];

    /// <summary>Starts connecting and waits for the first attempt; a server that is away is no error.</summary>
    /// <param name="cancellationToken">Gives up waiting; connecting goes on.</param>
    /// <exception cref="InvalidOperationException">A server answers that the layer cannot work with, for example a Redis Cluster.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        var attempts = _hosts.Select(host => host.Link.StartAsync()).Concat(_readers.Select(reader => reader.Link.StartAsync()));
        await Task.WhenAll(attempts).WaitAsync(cancellationToken);
        foreach (var host in _hosts)
        {
            host.Link.ThrowIfRefused();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        ThrowIfReserved(message);
        var keyPart = ChannelNames.NonLocalPart(channel);
        var isShared = keyPart.Length == channel.Length && keyPart[^1] != '!';

        // Shared channels walk round the hosts so that workers on each get some; an inbox is where all its readers look,
        // which is not where Python's own direct sends go (R-CORE-34 to R-CORE-36).
        var host = isShared ? _hosts[Interlocked.Increment(ref _nextHost) % _hosts.Length] : _hosts[ShardRing.IndexOf(keyPart, _hosts.Length)];
        var member = _settings.Codec.Encode(message, isShared ? (MessageValue?)null : channel);
        var capacity = _capacities.For(channel);
        var score = _scores.Next();
        var sent = await CoreScripts.Send.RunAsync(
            host.Link,
            [_settings.Names.InboxKey(keyPart)],
            [UnixTime.PurgeBound(score, _settings.Options.Expiry), capacity, ScoreText.Of(score), member, (long)_settings.Options.Expiry.TotalSeconds],
            member.Length,
            cancellationToken);
        _metrics.LayerSent(Alias, "send");
        if ((int)sent == 0)
        {
            _metrics.LayerDropped(Alias, "capacity");
            throw new ChannelFullException(channel, capacity);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The channel is one process' own: only its <see cref="ChannelInbox"/> receives it.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        if (channel.Contains('!', StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The channel '{channel}' belongs to one process; receive from the {nameof(ChannelInbox)} that {nameof(OpenChannelAsync)} gave there.");
        }

        await EnsureStartedAsync(cancellationToken);
        return await _demand.Shared.ReceiveAsync(channel, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is not a valid group name, or too long.</exception>
    public async ValueTask<ChannelInbox> OpenChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(prefix);
        var keyPart = $"{prefix}.{_settings.ProcessId}!";
        var name = keyPart + Guid.NewGuid().ToString("N");
        ChannelNames.ThrowIfNotChannel(name);
        await EnsureStartedAsync(cancellationToken);
        var inbox = _local.TryOpen(name, _capacities.For(name)) ?? throw new InvalidOperationException($"The channel '{name}' exists already."); // its random part would have come twice
        _demand.AddInbox(keyPart);
        return inbox;
    }

    /// <inheritdoc/>
    /// <remarks>For a channel of this process, Redis may be away: the membership is written when it is back.</remarks>
    public async ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        var host = HostOf(group);
        if (_local.TryAdd(group, channel))
        {
            await host.JoinAsync(group, channel, cancellationToken);
            return;
        }

        await host.JoinAsync(CoreScripts.Join, group, [channel], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>For a channel of this process, Redis may be away: the membership is removed when it is back.</remarks>
    public async ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        if (_local.IsOpen(channel))
        {
            _local.Discard(group, channel);
            await HostOf(group).LeaveAsync(group, channel, cancellationToken);
            return;
        }

        await HostOf(group).RemoveAsync(group, [channel], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Redis data of this layer's prefix is deleted, waiting messages and groups of all processes included.</remarks>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _local.Flush();
        foreach (var host in _hosts)
        {
            host.Memberships.Clear();
            await CoreFlush.RunAsync(host.Link, _settings.Names, cancellationToken);
        }
    }

    private static void ThrowIfReserved(ChannelMessage message)
    {
        if (message.Fields.ContainsKey(WireCodec.AddressKey))
        {
            throw new ArgumentException($"The message holds the entry '{WireCodec.AddressKey}', which the layer itself uses; give it another name.", nameof(message));
        }
    }

    private CoreHost HostOf(string group) => _hosts[ShardRing.IndexOf(group, _hosts.Length)];

    private Task EnsureStartedAsync(CancellationToken cancellationToken) => StartAsync(cancellationToken);
}
