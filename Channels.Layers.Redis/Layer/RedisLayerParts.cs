using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Layers.Redis;

/// <summary>What a Redis layer consists of, whichever its layout: settings, names, codec, counters, and its connections' life.</summary>
internal sealed class RedisLayerParts
{
    private IRedisLink[] _links = [];
    private Task? _firstAttempts;
    private Action? _back;
    private Action<HistoryStamp>? _published;
    private int _ended;

    /// <param name="alias">The layer's alias.</param>
    /// <param name="options">Its settings; null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="metrics">Where messages and drops are counted; null for nowhere in particular.</param>
    /// <param name="logger">Where the layer reports; null for nowhere.</param>
    /// <param name="stored">Whether messages wait in Redis.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the wrong one.</exception>
    public RedisLayerParts(string alias, RedisLayerOptions? options, TimeProvider? time, ChannelsMetrics? metrics, ILogger? logger, bool stored)
    {
        Options = options ?? new();
        RedisLayerOptionsValidator.ThrowIfInvalid(alias, Options);
        Time = time ?? TimeProvider.System;
        Metrics = metrics ?? new();
        Logger = logger ?? NullLogger.Instance;
        Link = new(alias, Options, Time, Logger, Metrics);
        Addresses = RedisHostAddress.All(Options);
        Names = new(Options.Prefix, Options.ShardedPubSub && !stored);
        Codec = new(Options, Time, stored);
        Drops = new(alias, Time, Metrics, Logger);
        Capacities = new(Options);
    }

    public string Alias => Link.Alias;

    public RedisLayerOptions Options { get; }

    public TimeProvider Time { get; }

    public ChannelsMetrics Metrics { get; }

    public ILogger Logger { get; }

    /// <summary>For connections.</summary>
    public RedisLinkSettings Link { get; }

    public RedisHostAddress[] Addresses { get; }

    public WireNames Names { get; }

    public WireCodec Codec { get; }

    public LayerDrops Drops { get; }

    public ChannelCapacities Capacities { get; }

    /// <summary>32 hex digits, fixed for the layer's life: what this process is called in names and keys.</summary>
    public string ProcessId { get; } = WireNames.NewProcessId();

    /// <summary>Whether a channel with an inbox is one of this process.</summary>
    public bool IsOwn(string channel)
    {
        var mark = channel.IndexOf('!', StringComparison.Ordinal);
        return mark > 0 && channel.AsSpan(0, mark).EndsWith(ProcessId);
    }

    /// <summary>How each connection is.</summary>
    public IReadOnlyList<RedisLinkHealth> Health => [.. _links.SelectMany(link => link.Health)];

    /// <summary>Names the connections that live as long as the layer; done once, when it is made.</summary>
    public void Own(IEnumerable<IRedisLink> links) => _links = [.. links];

    /// <summary>Starts connecting and waits for the first attempt of each connection; a server that is away is no error.</summary>
    /// <exception cref="InvalidOperationException">A server answers that the layer cannot work with.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await (_firstAttempts ??= Task.WhenAll(_links.Select(link => link.StartAsync()))).WaitAsync(cancellationToken);
        foreach (var link in _links)
        {
            link.ThrowIfRefused();
        }
    }

    /// <summary>
    /// Calls back whenever a connection is there again: one on which messages may have been lost, or one for commands, by which those
    /// can be read that were. Which of them is back first is not known.
    /// </summary>
    public void OnBack(Action call) => _back += call; // before the links begin, or by one caller

    /// <summary>A connection is there, for the first time or again.</summary>
    public void NoteBack() => _back?.Invoke();

    /// <summary>Calls back for each message of a history that comes to this process.</summary>
    public void OnPublished(Action<HistoryStamp> call) => _published += call; // as above

    /// <summary>A message has come.</summary>
    public void NoteCame(ChannelMessage message)
    {
        if (message.Stamp is { } stamp)
        {
            _published?.Invoke(stamp);
        }
    }

    /// <summary>What a link does beside commands: it tells that it is there.</summary>
    public Task TellBackAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        NoteBack();
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <summary>Makes the way to this process' own channels; a slow one loses its oldest messages.</summary>
    /// <param name="layer">The layer itself.</param>
    /// <param name="onClose">Called once for each channel that is closed.</param>
    public LocalDelivery MakeDelivery(IChannelLayer layer, Func<ChannelInbox, ValueTask> onClose) => new(new()
    {
        Time = Time,
        FullMode = InboxFullMode.DropOldest,
        OnExpired = () => Drops.Expired(),
        OnClose = onClose,
        OnUnread = message => UnclaimedRequests.Refuse(layer, message),
    });

    /// <summary>True for the first caller: the layer ends once.</summary>
    public bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;
}
