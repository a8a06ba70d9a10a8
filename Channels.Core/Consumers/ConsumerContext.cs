using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels;

/// <summary>What a consumer is connected to; made once per connection by <see cref="ConsumerApplication{TConsumer}"/>.</summary>
internal sealed class ConsumerContext(Scope scope, Receive receive, Send send, IChannelLayer? layer, ConsumerDrops drops, bool scopePerEvent)
{
    /// <summary>The category of everything that consumers log.</summary>
    public const string LogCategory = "Channels.Consumers";

    public Scope Scope { get; } = scope;

    public Receive Receive { get; } = receive;

    public Send Send { get; } = send;

    public IChannelLayer? Layer { get; } = layer;

    /// <summary>The consumer's own channel; null without a layer, and before <see cref="OpenAsync"/>.</summary>
    public ChannelInbox? Inbox { get; private set; }

    public ConsumerGroups Groups { get; } = new(layer);

    public ConsumerDrops Drops { get; } = drops;

    public bool ScopePerEvent { get; } = scopePerEvent;

    public LoopSignal Signal { get; } = new();

    /// <summary>Services of the event at hand; null without a scope per event, and between events.</summary>
    public IServiceProvider? EventServices { get; set; }

    /// <summary>Work that outlives its event; null until there is some.</summary>
    public DetachedWork? Detached { get; set; }

    /// <summary>Whether the clean-up has begun.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Whether one of the consumer's own handlers threw.</summary>
    public bool HandlerFailed { get; set; }

    /// <summary>Opens the consumer's channel, if there is a layer.</summary>
    public async ValueTask OpenAsync()
    {
        if (Layer is not null)
        {
            Inbox = await Layer.OpenChannelAsync(cancellationToken: Scope.Aborted);
            Groups.Begin(Inbox.Name);
        }
    }

    /// <summary>Where the consumer's faults are logged; nowhere without a host.</summary>
    public static ILogger Logger(IServiceProvider services) =>
        (services.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(LogCategory) ?? NullLogger.Instance;
}
