using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>Counts the layer messages that consumers could not handle and logs each type once.</summary>
internal sealed partial class ConsumerDrops(ChannelsMetrics metrics, ILogger logger)
{
    // Types come from peers of the layer: the set of those already logged must not grow without end.
    private const int MostLogged = 1000;
    private const int LongestType = 256;
    private readonly ConcurrentDictionary<(Type, string, ConsumerDropReason), bool> _logged = new();
    private int _loggedCount;

    public ConsumerDrops(ChannelsMetrics metrics, ILoggerFactory loggers)
        : this(metrics, loggers.CreateLogger(ConsumerContext.LogCategory))
    {
    }

    /// <summary>Where the faults of consumers are logged.</summary>
    public ILogger Logger { get; } = logger;

    public void Record(Type consumer, ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        metrics.ConsumerDropped(reason == ConsumerDropReason.UnknownType ? "unknown_type" : "not_bindable");
        var type = message.Type.Length <= LongestType ? message.Type : message.Type[..LongestType];
        if (Volatile.Read(ref _loggedCount) < MostLogged && !_logged.ContainsKey((consumer, type, reason)) && _logged.TryAdd((consumer, type, reason), true))
        {
            Interlocked.Increment(ref _loggedCount);
            Log.MessageDropped(Logger, consumer.Name, HeaderText.Escape(type), HeaderText.Escape(detail));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "{Consumer} dropped a layer message of type '{MessageType}': {Detail}. Further ones of this type are only counted.")]
        public static partial void MessageDropped(ILogger logger, string consumer, string messageType, string detail);
    }
}
