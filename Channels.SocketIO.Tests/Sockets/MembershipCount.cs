using System.Collections.Concurrent;

namespace Channels.Tests.Sockets;

/// <summary>A layer in memory that knows who is in a group, and fails when it is told to.</summary>
internal sealed class MembershipCount : IChannelLayer
{
    private readonly InMemoryChannelLayer _layer = new();
    private readonly ConcurrentDictionary<(string Group, string Channel), bool> _memberships = new();

    /// <summary>What groups fail with; null while they do not.</summary>
    public Exception? Failure { get; set; }

    public int Count => _memberships.Count;

    public string Alias => _layer.Alias;

    public ChannelLayerFeatures Features => _layer.Features;

    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default) => _layer.SendAsync(channel, message, cancellationToken);

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => _layer.ReceiveAsync(channel, cancellationToken);

    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default) => _layer.NewChannelAsync(prefix, cancellationToken);

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        ThrowIfFailing();
        _memberships[(group, channel)] = true;
        return _layer.GroupAddAsync(group, channel, cancellationToken);
    }

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default)
    {
        _memberships.TryRemove((group, channel), out _);
        return _layer.GroupDiscardAsync(group, channel, cancellationToken);
    }

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ThrowIfFailing();
        return _layer.GroupSendAsync(group, message, cancellationToken);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _layer.FlushAsync(cancellationToken);

    private void ThrowIfFailing()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}
