using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels;

/// <summary>
/// The layer of one process: direct messages, shared channels and groups, without any server beside it. For
/// development, for tests, and for sites that one process serves.
/// </summary>
/// <remarks>
/// All receivers of a message share one instance; nothing is copied or serialised. Messages of one sender reach a
/// channel in the order of sending. Thread-safe. No timer sweeps: what has expired is dropped when somebody looks, and all
/// tables are swept by ordinary operations at most once per <see cref="ChannelLayerOptions.Expiry"/>.
/// </remarks>
public sealed class InMemoryChannelLayer : IChannelLayer, IWakeHoldingLayer
{
    private const string ProcessMark = ".inmemory!";
    private readonly GroupTable _groups = new();
    private readonly SharedQueues _queues = new();
    private readonly WakeWave.Pool _waves = new();
    private readonly WaveWatch _watch;
    private readonly ChannelCapacities _capacities;
    private readonly InboxFactory _inboxes;
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
        _watch = new(_time);
        _metrics = metrics ?? new ChannelsMetrics();
        _drops = new(alias, _time, _metrics, logger ?? NullLogger<InMemoryChannelLayer>.Instance);
        _capacities = new(options);
        _inboxes = new(_time, () => _drops.Expired(), Close);
        _expiry = ToTicks(options.Expiry);
        _groupExpiry = ToTicks(options.GroupExpiry);
        _nextSweep = _time.GetTimestamp() + _expiry;
    }

    /// <inheritdoc/>
    public string Alias { get; }

    /// <inheritdoc/>
    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups | ChannelLayerFeatures.CompetingReaders;

    /// <summary>How many groups have members.</summary>
    internal int GroupCount => _groups.GroupCount;

    /// <summary>How many channels that nobody holds open have unread messages or waiting receivers.</summary>
    internal int QueueCount => _queues.Count;

    /// <inheritdoc/>
    /// <remarks>A message for a closed channel of this process is dropped and counted, without an error.</remarks>
    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        ArgumentNullException.ThrowIfNull(message);
        var now = _time.GetTimestamp();
        var result = Post(channel, _groups.FindInbox(channel), message, now, now + _expiry);
        _metrics.LayerSent(Alias, "send");
        SweepWhenDue(now);
        return result == InboxPostResult.Full
            ? ValueTask.FromException(new ChannelFullException(channel, _capacities.For(channel)))
            : ValueTask.CompletedTask;
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

        if (_groups.FindInbox(channel) is not null)
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
    public ValueTask<ChannelInbox> OpenChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var name = InboxFactory.NewName(prefix, ProcessMark);
            var inbox = _inboxes.Make(name, _capacities.For(name));
            if (_groups.TryOpen(inbox))
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
        if (!_groups.TryAddOpen(group, channel) && !IsOwn(channel))
        {
            _groups.Add(group, channel, now + _groupExpiry);
        }

        SweepWhenDue(now);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        _groups.Discard(group, channel);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        WakeWave? wave = null;
        GroupSend(group, message, ref wave, _time.GetTimestamp());
        WakeWave.Release(ref wave);
        return ValueTask.CompletedTask;
    }

    void IWakeHoldingLayer.GroupSend(string group, ChannelMessage message, ref WakeWave? held) =>
        GroupSend(group, message, ref held, _time.GetTimestamp());

    TimeSpan IWakeHoldingLayer.HeldFor(WakeWave held) => _time.GetElapsedTime(held.Since);

    void IWakeHoldingLayer.Watch(IWaveHolder holder) => _watch.Add(holder);

    /// <inheritdoc/>
    /// <remarks>Open inboxes stay open, empty and in no group; waiting receivers go on waiting.</remarks>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _groups.Flush();
        _queues.Flush();
        return ValueTask.CompletedTask;
    }

    private static bool IsOwn(string channel) => channel.Contains(ProcessMark, StringComparison.Ordinal);

    private void GroupSend(string group, ChannelMessage message, ref WakeWave? wave, long now)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        if (_groups.Find(group) is { } members)
        {
            Broadcast(members, message, ref wave, now);
        }

        _metrics.LayerSent(Alias, "group_send");
        SweepWhenDue(now);
    }

    private void Broadcast(ChannelGroup group, ChannelMessage message, ref WakeWave? wave, long now)
    {
        var expiresAt = now + _expiry;
        var (reached, full) = (0, 0);
        foreach (var membership in group.Snapshot())
        {
            if (membership.ExpiresAt <= now)
            {
                _groups.Expire(membership, now);
                continue;
            }

            reached++;
            IInboxReader? sleeper = null;
            var result = membership.Inbox is { } inbox
                ? inbox.TryPost(message, expiresAt, out sleeper)
                : Post(membership.Member.Name, null, message, now, expiresAt);
            if (sleeper is not null)
            {
                _waves.Add(ref wave, sleeper, now);
            }

            if (result == InboxPostResult.Full)
            {
                full++;
            }
        }

        if (full > 0)
        {
            _drops.Full(group.Name, full, reached);
        }
    }

    private InboxPostResult Post(string channel, ChannelInbox? inbox, ChannelMessage message, long now, long expiresAt)
    {
        if (inbox is not null)
        {
            return inbox.TryPost(message, expiresAt);
        }

        if (IsOwn(channel))
        {
            _drops.Closed();
            return InboxPostResult.Closed;
        }

        var sent = _queues.TrySend(channel, message, _capacities.For(channel), now, expiresAt, out var expired);
        if (expired > 0)
        {
            _drops.Expired(expired);
        }

        return sent ? InboxPostResult.Posted : InboxPostResult.Full;
    }

    private ValueTask Close(ChannelInbox inbox)
    {
        _groups.Close(inbox);
        return ValueTask.CompletedTask;
    }

    private void SweepWhenDue(long now)
    {
        var due = Volatile.Read(ref _nextSweep);
        if (now < due || Interlocked.CompareExchange(ref _nextSweep, now + _expiry, due) != due)
        {
            return;
        }

        _groups.ExpireAll(now);
        var expired = _queues.Sweep(now);
        if (expired > 0)
        {
            _drops.Expired(expired);
        }
    }

    private long ToTicks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
