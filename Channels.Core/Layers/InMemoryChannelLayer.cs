using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Extending;

/// <summary>
/// The layer of one process: direct messages, shared channels and groups, without any server beside it. For
/// development, for tests, and for sites that one process serves.
/// </summary>
/// <remarks>
/// All receivers of a message share one instance; nothing is copied or serialised. Messages of one sender reach a
/// channel in the order of sending. Thread-safe. No timer sweeps: what has expired is dropped when somebody looks, and all
/// tables are swept by ordinary operations at most once per <see cref="ChannelLayerOptions.Expiry"/>.
/// </remarks>
public sealed class InMemoryChannelLayer : IChannelLayer
{
    private const string ProcessMark = ".inmemory!";
    private readonly LocalDelivery _delivery;
    private readonly SharedQueues _queues;
    private readonly long _maxChannelBytes;
    private readonly ChannelCapacities _capacities;
    private readonly TimeProvider _time;
    private readonly ChannelsMetrics _metrics;
    private readonly LayerDrops _drops;
    private readonly long _expiry;
    private readonly long _groupExpiry;
    private long _nextSweep;

    /// <summary>Makes a layer.</summary>
    /// <param name="alias">The name it is registered under. Default <c>default</c>.</param>
    /// <param name="options">Its limits; read once. Null for the defaults.</param>
    /// <param name="time">The clock. Null for the system's.</param>
    /// <param name="metrics">Where messages and drops are counted; null for nowhere in particular.</param>
    /// <param name="logger">Where drops are logged; null for nowhere.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the wrong one.</exception>
    public InMemoryChannelLayer(
        string alias = ChannelLayerAliases.Default,
        InMemoryLayerOptions? options = null,
        TimeProvider? time = null,
        ChannelsMetrics? metrics = null,
        ILogger<InMemoryChannelLayer>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(alias);
        options ??= new();
        ChannelLayerOptionsValidator.ThrowIfInvalid(alias, options);
        Alias = alias;
        _time = time ?? TimeProvider.System;
        _metrics = metrics ?? new ChannelsMetrics();
        _drops = new(alias, _time, _metrics, logger ?? NullLogger<InMemoryChannelLayer>.Instance);
        _capacities = new(options);
        _maxChannelBytes = options.MaxChannelBytes;
        _queues = new(_maxChannelBytes);
        _delivery = new(new() { Time = _time, OnExpired = () => _drops.Expired(), PostElsewhere = PostElsewhere, OnUnread = message => UnclaimedRequests.Refuse(this, message) });
        _expiry = ToTicks(options.Expiry);
        _groupExpiry = ToTicks(options.GroupExpiry);
        _nextSweep = _time.GetTimestamp() + _expiry;
    }

    /// <inheritdoc/>
    public string Alias { get; }

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.CompetingReaders | ChannelLayerFeatures.Members;

    /// <summary>How many groups have members.</summary>
    internal int GroupCount => _delivery.Groups.Count;

    /// <summary>How many channels that nobody holds open have unread messages or waiting receivers.</summary>
    internal int QueueCount => _queues.Count;

    /// <inheritdoc/>
    /// <remarks>A message for a closed channel of this process is dropped and counted, without an error.</remarks>
    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        var now = _time.GetTimestamp();
        message = message.At(null); // where it came from is nothing to those who get it now
        var result = _delivery.Send(channel, message, now + _expiry);
        if (result == InboxPostResult.Closed)
        {
            result = PostElsewhere(channel, message, now + _expiry);
        }

        _metrics.LayerSent(Alias, "send");
        SweepWhenDue(now);
        return result == InboxPostResult.Full ? ValueTask.FromException(Full(channel)) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The channel is held open as an inbox, which has one reader only.</exception>
    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ChannelMessage>(cancellationToken);
        }

        if (_delivery.IsOpen(channel))
        {
            throw new InvalidOperationException($"The channel '{channel}' is held open by a {nameof(ChannelInbox)}; receive from that.");
        }

        var now = _time.GetTimestamp();
        SweepWhenDue(now);
        var receiving = _queues.ReceiveAsync(channel, now, out var expired, cancellationToken);
        if (expired > 0)
        {
            _drops.Expired(expired);
        }

        return receiving;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The prefix is not a valid group name, or so long that no room is left for the rest.</exception>
    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var name = LocalDelivery.NewName(prefix, ProcessMark);
            if (_delivery.TryOpen(name, _capacities.For(name)) is { } inbox)
            {
                return ValueTask.FromResult(inbox);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Nothing happens when the channel is one of this process and closed.</remarks>
    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        var now = _time.GetTimestamp();
        if (!_delivery.TryAdd(group, channel) && !IsOwn(channel))
        {
            _delivery.Table.Add(group, channel, now + _groupExpiry);
        }

        SweepWhenDue(now);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        _delivery.Discard(group, channel);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        SendPublished(group, message.At(null));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<long> GroupCountAsync(string group, CancellationToken cancellationToken = default) => new(_delivery.MembersOf(group).Count);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> GroupMembersAsync(string group, CancellationToken cancellationToken = default) => _delivery.MembersOf(group).ToAsyncEnumerable();

    /// <summary>Sends a message to a group with the place in the group's history that it has.</summary>
    internal void SendPublished(string group, ChannelMessage message)
    {
        var now = _time.GetTimestamp();
        var (reached, lost) = _delivery.SendToGroup(group, message, now + _expiry);
        if (lost > 0)
        {
            _drops.Full(group, lost, reached);
        }

        _metrics.LayerSent(Alias, "group_send");
        SweepWhenDue(now);
    }

    /// <summary>Whether somebody follows the group's history.</summary>
    internal bool HasFollowers(string group) => _delivery.HasFollowers(group);

    /// <inheritdoc/>
    /// <remarks>Open inboxes stay open, empty and in no group; waiting receivers go on waiting.</remarks>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _delivery.Flush();
        _queues.Flush();
        return ValueTask.CompletedTask;
    }

    private ChannelFullException Full(string channel) => IsOwn(channel)
        ? new(channel, _capacities.For(channel))
        : ChannelFullException.ForQueue(channel, _capacities.For(channel), _maxChannelBytes);

    private static bool IsOwn(string channel) => channel.Contains(ProcessMark, StringComparison.Ordinal);

    // For a channel that nobody of this process holds open.
    private InboxPostResult PostElsewhere(string channel, ChannelMessage message, long expiresAt)
    {
        if (IsOwn(channel))
        {
            _drops.Closed();
            UnclaimedRequests.Refuse(this, message);
            return InboxPostResult.Closed;
        }

        var sent = _queues.TrySend(channel, message, _capacities.For(channel), _time.GetTimestamp(), expiresAt, out var expired);
        if (expired > 0)
        {
            _drops.Expired(expired);
        }

        return sent ? InboxPostResult.Posted : InboxPostResult.Full;
    }

    private void SweepWhenDue(long now)
    {
        var due = Volatile.Read(ref _nextSweep);
        if (now < due || Interlocked.CompareExchange(ref _nextSweep, now + _expiry, due) != due)
        {
            return;
        }

        _delivery.Table.ExpireAll(now);
        var expired = _queues.Sweep(now);
        if (expired > 0)
        {
            _drops.Expired(expired);
        }
    }

    private long ToTicks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
