using Microsoft.Extensions.Logging;
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
public sealed class RedisCoreLayer : IChannelLayer, IRedisLayer, IHistoryLayer, IAsyncDisposable
{
    private readonly RedisLayerParts _parts;
    private readonly CoreHost[] _hosts;
    private readonly CoreReader[] _readers;
    private readonly PopDemand _demand;
    private readonly LocalDelivery _local;
    private readonly ScoreGenerator _scores;
    private readonly GroupMembers _groups;
    private readonly GroupFanOut _fanOut;
    private readonly GroupPublisher _publisher;
    private uint _nextHost;

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
        _parts = new(alias, options, time, metrics, logger, stored: true);
        _local = _parts.MakeDelivery(this, CloseAsync);
        _scores = new(_parts.Time);
        _demand = new(_parts);
        var delivery = new CoreDelivery(this, _parts, _local, _demand);
        _hosts = Array.ConvertAll(_parts.Addresses, address => new CoreHost(_parts, address, _scores));
        _readers = [.. _parts.Addresses.Select((address, index) => new CoreReader(_parts, address, _hosts[index], _demand, delivery))];
        _groups = new(_parts, _hosts);
        _fanOut = new(_parts, _hosts, _scores, _groups);
        _publisher = new(_parts, _hosts.Length, _scores, _groups, _fanOut);
        _parts.Own([.. _hosts.Select(host => host.Link), .. _readers.Select(reader => reader.Link)]);
        RedisStartLog.Core(_parts);
    }

    /// <inheritdoc/>
    public string Alias => _parts.Alias;

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.CompetingReaders | ChannelLayerFeatures.Distributed | ChannelLayerFeatures.Members;

    /// <summary>How each connection is, host by host.</summary>
    public IReadOnlyList<RedisLinkHealth> Links => _parts.Health;

    /// <summary>Starts connecting and waits for the first attempt; a server that is away is no error.</summary>
    /// <param name="cancellationToken">Gives up waiting; connecting goes on.</param>
    /// <exception cref="InvalidOperationException">A server answers that the layer cannot work with, for example a Redis Cluster.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => _parts.StartAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        var keyPart = ChannelNames.NonLocalPart(channel);
        var isShared = keyPart.Length == channel.Length && keyPart[^1] != '!';

        // Shared channels walk round the hosts so that workers on each get some; an inbox is where all its readers look,
        // which is not where Python's own direct sends go.
        var host = isShared ? _hosts[Interlocked.Increment(ref _nextHost) % _hosts.Length] : _hosts[ShardRing.IndexOf(keyPart, _hosts.Length)];
        var member = _parts.Codec.Encode(message, isShared ? (MessageValue?)null : channel);
        var capacity = _parts.Capacities.For(channel);
        var sent = await CoreScripts.Send.RunAsync(
            host.Link,
            [_parts.Names.InboxKey(keyPart)],
            [UnixTime.PurgeBound(_parts.Time, _parts.Options.Expiry), capacity, ScoreText.Of(_scores.Next()), member, (long)_parts.Options.Expiry.TotalSeconds],
            member.Length,
            cancellationToken);
        _parts.Metrics.LayerSent(Alias, "send");
        if ((int)sent == 0)
        {
            _parts.Metrics.LayerDropped(Alias, "capacity");
            throw new ChannelFullException(channel, capacity);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The channel is one process' own: only its <see cref="ChannelInbox"/> receives it.</exception>
    /// <exception cref="ObjectDisposedException">The layer has ended, or did while it was waited.</exception>
    public async ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        if (channel.Contains('!', StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The channel '{channel}' belongs to one process; receive from the {nameof(ChannelInbox)} that {nameof(NewChannelAsync)} gave there.");
        }

        await _parts.StartAsync(cancellationToken);
        return await _demand.Shared.ReceiveAsync(channel, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is not a valid group name, or too long.</exception>
    public async ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(prefix);
        var keyPart = $"{prefix}.{_parts.ProcessId}!";
        var name = keyPart + Guid.NewGuid().ToString("N");
        ChannelNames.ThrowIfNotChannel(name);
        await _parts.StartAsync(cancellationToken);
        var inbox = _local.TryOpen(name, _parts.Capacities.For(name)) ?? throw new InvalidOperationException($"The channel '{name}' exists already."); // its random part would have come twice
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
    /// <exception cref="ChannelLayerUnavailableException">A host is away, too slow, or refused; members on other hosts have their message.</exception>
    /// <exception cref="MessageTooLargeException">The encoded message is larger than the limit.</exception>
    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        return _fanOut.SendAsync(group, message, position: null, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    public ValueTask<long> GroupCountAsync(string group, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        return _groups.CountAsync(group, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>A process that was killed is a member until a message finds its channels dead.</remarks>
    /// <exception cref="ChannelLayerUnavailableException">Redis is away, too slow, or refused.</exception>
    public IAsyncEnumerable<string> GroupMembersAsync(string group, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        return _groups.ListAsync(group, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Redis data of this layer's prefix is deleted, waiting messages and groups of all processes included.</remarks>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _local.Flush();
        foreach (var host in _hosts)
        {
            host.Memberships.Clear();
            await CoreFlush.RunAsync(host.Link, _parts.Names, cancellationToken);
        }
    }

    /// <summary>Ends the layer: pops end without losing what they took, whoever waits for messages is told by an <see cref="ObjectDisposedException"/>, own inboxes and memberships leave Redis.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_parts.TryEnd())
        {
            return;
        }

        await Task.WhenAll(_readers.Select(reader => reader.Link.DisposeAsync().AsTask()));
        _demand.Shared.End(); // nothing comes any more
        _local.End();
        var keys = _demand.InboxParts.Select(part => (RedisKey)_parts.Names.InboxKey(part)).Append(_parts.Names.ProcessKey(_parts.ProcessId)).Append(_parts.Names.WakeKey(_parts.ProcessId)).ToArray();
        await Task.WhenAll(_hosts.Select(host => host.EndAsync(keys)));
        await Task.WhenAll(_hosts.Select(host => host.Link.DisposeAsync().AsTask()));
    }

    RedisLayerParts IHistoryLayer.Parts => _parts;

    LocalDelivery IHistoryLayer.Local => _local;

    RedisLink IHistoryLayer.HistoryLinkOf(string group) => HostOf(group).Link;

    ValueTask<HistoryPosition> IHistoryLayer.PublishAsync(HistoryDraft draft, HistoryWriter history, CancellationToken cancellationToken) =>
        _publisher.PublishAsync(draft, history, cancellationToken);

    ValueTask IHistoryLayer.SendAsync(HistoryDraft draft, HistoryPosition position, CancellationToken cancellationToken) =>
        _fanOut.SendAsync(draft.Group, draft.Message, WirePosition.Of(position, draft.Group), cancellationToken);

    private CoreHost HostOf(string group) => _hosts[ShardRing.IndexOf(group, _hosts.Length)];

    // Leaves the groups the channel is still in; consumers have left theirs before.
    private async ValueTask CloseAsync(ChannelInbox inbox)
    {
        var groups = _local.GroupsOf(inbox.Name);
        _local.Close(inbox.Name);
        await Task.WhenAll(groups.Select(group => HostOf(group).LeaveAsync(group, inbox.Name, CancellationToken.None).AsTask())); // pipelined: a slow Redis is waited for once
    }
}
