using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels;

/// <summary>Counts the layer messages that consumers could not handle and logs each type once.</summary>
internal sealed partial class ConsumerDrops(ChannelsMetrics metrics, ILogger<ConsumerDrops> logger)
{
    // Types come from peers of the layer: the set of those already logged must not grow without end.
    private const int MostLogged = 1000;
    private readonly ConcurrentDictionary<(Type, string, ConsumerDropReason), bool> _logged = new();

    public static ConsumerDrops Detached { get; } = new(new ChannelsMetrics(), NullLogger<ConsumerDrops>.Instance);

    public void Record(Type consumer, ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        metrics.ConsumerDropped(reason == ConsumerDropReason.UnknownType ? "unknown_type" : "not_bindable");
        if (_logged.Count < MostLogged && _logged.TryAdd((consumer, message.Type, reason), true))
        {
            Log.MessageDropped(logger, consumer.Name, HeaderText.Escape(message.Type), detail);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "{Consumer} dropped a layer message of type '{MessageType}': {Detail}. Further ones of this type are only counted.")]
        public static partial void MessageDropped(ILogger logger, string consumer, string messageType, string detail);
    }
}
