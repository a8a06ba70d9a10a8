using Channels;
using Channels.Extending;

namespace Outside.Layers;

/// <summary>
/// A channel layer of one process, made of the parts that authors of layers get. Channels that nobody has opened are opened
/// at first use and kept; one reader at a time takes from them.
/// </summary>
public sealed class SmallLayer(string alias = "default", int capacity = 100) : IChannelLayer
{
    private const string OwnMark = ".small!";
    private readonly LocalDelivery _delivery = new();
    private readonly Dictionary<string, ChannelInbox> _shared = [];

    public string Alias => alias;

    public ChannelLayerFeatures Features => ChannelLayerFeatures.Groups;

    /// <summary>The groups that have members.</summary>
    public IReadOnlyList<string> Groups => _delivery.Groups;

    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        if (!channel.Contains(OwnMark, StringComparison.Ordinal))
        {
            OpenShared(channel);
        }

        return _delivery.Send(channel, message) == InboxPostResult.Full
            ? ValueTask.FromException(new ChannelFullException(channel, capacity))
            : ValueTask.CompletedTask;
    }

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotChannel(channel);
        return OpenShared(channel).ReceiveAsync(cancellationToken);
    }

    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        var name = LocalDelivery.NewName(prefix, OwnMark);
        return new(_delivery.TryOpen(name, capacity) ?? throw new InvalidOperationException($"The name '{name}' is taken."));
    }

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        _delivery.TryAdd(group, channel);
        return ValueTask.CompletedTask;
    }

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ChannelNames.ThrowIfNotChannel(channel);
        _delivery.Discard(group, channel);
        return ValueTask.CompletedTask;
    }

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        _delivery.SendToGroup(group, message);
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _delivery.Flush();
        return ValueTask.CompletedTask;
    }

    private ChannelInbox OpenShared(string channel)
    {
        lock (_shared)
        {
            if (!_shared.TryGetValue(channel, out var inbox))
            {
                inbox = _delivery.TryOpen(channel, capacity) ?? throw new InvalidOperationException($"The channel '{channel}' is open already.");
                _shared.Add(channel, inbox);
            }

            return inbox;
        }
    }
}
