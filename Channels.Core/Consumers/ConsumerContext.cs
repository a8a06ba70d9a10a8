namespace Channels;

/// <summary>What a consumer is connected to; made once per connection by <see cref="ConsumerApplication{TConsumer}"/>.</summary>
internal sealed class ConsumerContext(Send send, IChannelLayer? layer, ChannelInbox? inbox, ConsumerDrops drops, bool scopePerEvent)
{
    public Send Send { get; } = send;

    public IChannelLayer? Layer { get; } = layer;

    public ChannelInbox? Inbox { get; } = inbox;

    public ConsumerGroups Groups { get; } = new(layer, inbox?.Name);

    public ConsumerDrops Drops { get; } = drops;

    public bool ScopePerEvent { get; } = scopePerEvent;

    public IServiceProvider? EventServices { get; set; }
}
