namespace Channels.Tests.Support;

/// <summary>Another layer, but for what a test says of direct messages and of who has it too.</summary>
internal abstract class LayerAround(IChannelLayer inner) : IChannelLayer
{
    protected IChannelLayer Inner { get; } = inner;

    public string Alias => Inner.Alias;

    public virtual ChannelLayerFeatures Features => Inner.Features;

    public virtual ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default) => Inner.SendAsync(channel, message, cancellationToken);

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => Inner.ReceiveAsync(channel, cancellationToken);

    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default) => Inner.NewChannelAsync(prefix, cancellationToken);

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default) => Inner.GroupAddAsync(group, channel, cancellationToken);

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default) => Inner.GroupDiscardAsync(group, channel, cancellationToken);

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => Inner.GroupSendAsync(group, message, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => Inner.FlushAsync(cancellationToken);
}
