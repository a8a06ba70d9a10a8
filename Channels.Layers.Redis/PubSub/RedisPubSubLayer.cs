using Microsoft.Extensions.Logging;

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
public sealed class RedisPubSubLayer : IChannelLayer, IRedisLayer, IHistoryLayer, IAsyncDisposable
{
    private readonly RedisLayerParts _parts;
    private readonly IPubSubHost[] _hosts;
    private readonly OwnChannels _own;
    private readonly LocalDelivery _local;
    private readonly PubSubDelivery _delivery;
    private readonly PubSubNotices _notices;

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
        _parts = new(alias, options, time, metrics, logger, stored: false);
        _local = _parts.MakeDelivery(this, CloseAsync);
        _delivery = new(this, _parts, _local);
        _notices = new(_parts.Addresses.Length, _parts.Options.OnDisconnect, _parts.Options.OnReconnect, _delivery.Announce);
        _hosts = [.. _parts.Addresses.Select((address, index) => MakeHost(address, up => _notices.Set(index, up)))];
        _own = new(_parts, _hosts);
        _parts.Own(_hosts.SelectMany(host => host.Links));
        RedisStartLog.PubSub(_parts);
    }

    /// <inheritdoc/>
    public string Alias => _parts.Alias;

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.Distributed;

    /// <summary>How each connection is, host by host.</summary>
    public IReadOnlyList<RedisLinkHealth> Links => _parts.Health;

    /// <summary>Starts connecting and waits for the first attempt; a server that is away is no error.</summary>
    /// <param name="cancellationToken">Gives up waiting; connecting goes on.</param>
    public Task StartAsync(CancellationToken cancellationToken = default) => _parts.StartAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        _parts.Names.ThrowIfNotPubSubChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        _parts.Metrics.LayerSent(Alias, "send");
        var (redisChannel, address) = _own.AddressOf(channel);
        return PublishAsync(redisChannel, _parts.Codec.Encode(message, address), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        _parts.Metrics.LayerSent(Alias, "group_send");
        return PublishAsync(_parts.Names.GroupChannel(group), _parts.Codec.Encode(message), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The first receive of a name subscribes to it, for the layer's life: what comes between two receives waits, up to the capacity.</remarks>
    /// <exception cref="InvalidOperationException">The channel is held open as an inbox, which has one reader only.</exception>
    /// <exception cref="ObjectDisposedException">The layer has ended, or did while it was waited.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        _parts.Names.ThrowIfNotPubSubChannel(channel);
        if (_local.IsOpen(channel))
        {
            throw new InvalidOperationException($"The channel '{channel}' is held open by a {nameof(ChannelInbox)}; receive from that.");
        }

        _own.ThrowIfForeign(channel);
        await _parts.StartAsync(cancellationToken);
        var inbox = _delivery.Open(channel);
        await HostOf(channel).ReconcileAsync(NameOf(channel), static () => true, cancellationToken);
        return await inbox.ReceiveAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is not a valid group name, or too long.</exception>
    public async ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(prefix);
        var name = _own.NewName(prefix);
        _parts.Names.ThrowIfNotPubSubChannel(name);
        await _parts.StartAsync(cancellationToken);
        var inbox = _local.TryOpen(name, _parts.Capacities.For(name)) ?? throw new InvalidOperationException($"The channel '{name}' exists already."); // its random part would have come twice
        try
        {
            await _own.ListenAsync(name, cancellationToken);
            return inbox;
        }
        catch
        {
            await inbox.DisposeAsync(); // nobody has it to close it
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The channel is not open in this process: membership is in its memory only.</exception>
    public async ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        _parts.Names.ThrowIfNotPubSubChannel(channel);
        await NodeOf(_parts.Names.GroupChannel(group)).SettleAsync(); // who joins does not hear what was sent before
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
        _parts.Names.ThrowIfNotPubSubChannel(channel);
        _local.Discard(group, channel);
        return ReconcileGroupAsync(group, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Empties this process' channels and groups; Redis holds no data of this layout, and other processes notice nothing.</remarks>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        foreach (var node in _hosts.SelectMany(host => host.Nodes))
        {
            await node.SettleAsync();
        }

        var groups = _local.Groups;
        _local.Flush();
        await ReconcileAsync(groups, cancellationToken);
        _delivery.Clear();
    }

    /// <summary>
    /// Ends the layer's connections once what was sent is answered or has failed; messages that arrive from now on are not received, and
    /// whoever waits for some is told by an <see cref="ObjectDisposedException"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_parts.TryEnd())
        {
            _notices.Stop();
            _delivery.End();
            _local.End();
            await Task.WhenAll(_hosts.Select(host => host.EndAsync()));
        }
    }

    RedisLayerParts IHistoryLayer.Parts => _parts;

    LocalDelivery IHistoryLayer.Local => _local;

    RedisLink IHistoryLayer.HistoryLinkOf(string group) => HostOf(_parts.Names.GroupChannel(group)).Keys;

    ValueTask<HistoryPosition> IHistoryLayer.PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken)
    {
        var channel = _parts.Names.GroupChannel(draft.Group);
        return history.WriteAsync(HostOf(channel).Keys, draft, channel, cancellationToken);
    }

    ValueTask IHistoryLayer.SendAsync(HistoryDraft draft, HistoryPosition position, CancellationToken cancellationToken) =>
        PublishAsync(_parts.Names.GroupChannel(draft.Group), _parts.Codec.Encode(draft.Message, position: WirePosition.Of(position, draft.Group)), cancellationToken);

    private IPubSubHost MakeHost(RedisHostAddress address, Action<bool> onAvailability) => _parts.Names.IsSharded
        ? new ShardedHost(_parts, address, _delivery.Receive, onAvailability)
        : new PubSubNode(_parts, address, _delivery.Receive, onAvailability);

    private IPubSubHost HostOf(string redisChannel) => _hosts[ShardRing.IndexOf(redisChannel, _hosts.Length)];

    private PubSubNode NodeOf(string redisChannel) => HostOf(redisChannel).NodeOf(redisChannel);

    private SubscriptionName NameOf(string redisChannel) => new(redisChannel, _parts.Names.IsSharded ? SubscriptionKind.Shard : SubscriptionKind.Channel);

    private ValueTask ReconcileGroupAsync(string group, CancellationToken cancellationToken)
    {
        var name = _parts.Names.GroupChannel(group);
        return HostOf(name).ReconcileAsync(NameOf(name), () => _local.HasMembers(group), cancellationToken);
    }

    private Task ReconcileAsync(IEnumerable<string> groups, CancellationToken cancellationToken) =>
        Task.WhenAll(groups.Select(group => ReconcileGroupAsync(group, cancellationToken).AsTask())); // together: a slow Redis is waited for once

    private ValueTask PublishAsync(string redisChannel, byte[] payload, CancellationToken cancellationToken) => HostOf(redisChannel) is { IsReady: true } host
        ? host.NodeOf(redisChannel).PublishAsync(redisChannel, payload, cancellationToken)
        : PublishWhenReadyAsync(redisChannel, payload, cancellationToken);

    private async ValueTask PublishWhenReadyAsync(string redisChannel, byte[] payload, CancellationToken cancellationToken)
    {
        await _parts.StartAsync(cancellationToken);
        await NodeOf(redisChannel).PublishAsync(redisChannel, payload, cancellationToken);
    }

    private async ValueTask CloseAsync(ChannelInbox inbox)
    {
        var groups = _local.GroupsOf(inbox.Name);
        _local.Close(inbox.Name);
        await ReconcileAsync(groups, CancellationToken.None);
    }
}
