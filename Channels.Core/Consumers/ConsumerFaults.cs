using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Counts what consumers could not do through no fault of their own, and logs it once: layer messages they could not handle,
/// per type, and failures of the layer, per episode. Thread-safe.
/// </summary>
internal sealed partial class ConsumerFaults(ChannelsMetrics metrics, TimeProvider time, ILogger logger)
{
    // Types come from peers of the layer: the set of those already logged must not grow without end.
    private const int MostLogged = 1000;
    private const int LongestType = 256;
    private readonly ConcurrentDictionary<(Type, string, ConsumerDropReason), bool> _logged = new();
    private readonly ConcurrentDictionary<string, Episode> _layers = new(StringComparer.Ordinal); // as many as there are aliases
    private int _loggedCount;

    public ConsumerFaults(ChannelsMetrics metrics, TimeProvider time, ILoggerFactory loggers)
        : this(metrics, time, loggers.CreateLogger(ConsumerContext.LogCategory))
    {
    }

    /// <summary>Where the faults of consumers are logged.</summary>
    public ILogger Logger { get; } = logger;

    /// <summary>Asked before a line about something that a stranger can repeat.</summary>
    public FloodLog Flood { get; } = new(logger, time);

    /// <summary>A layer message that the consumer could not handle.</summary>
    public void Dropped(Type consumer, ChannelMessage message, ConsumerDropReason reason, string detail)
    {
        metrics.ConsumerDropped(reason == ConsumerDropReason.UnknownType ? "unknown_type" : "not_bindable");
        var type = message.Type.Length <= LongestType ? message.Type : message.Type[..LongestType];
        if (Volatile.Read(ref _loggedCount) < MostLogged && !_logged.ContainsKey((consumer, type, reason)) && _logged.TryAdd((consumer, type, reason), true))
        {
            Interlocked.Increment(ref _loggedCount);
            Log.MessageDropped(Logger, consumer.Name, HeaderText.Escape(type), HeaderText.Clause(detail));
        }
    }

    /// <summary>
    /// Whether a handler failed at what others wrote into a layer message; then the message counts as dropped, because who writes
    /// to a group must not be able to close its members.
    /// </summary>
    public bool IsForeign(Type consumer, Event? message, Exception error)
    {
        if (message is not ChannelMessage foreign || !ForeignContent.IsLacking(error))
        {
            return false;
        }

        Dropped(consumer, foreign, ConsumerDropReason.NotBindable, error.Message);
        return true;
    }

    /// <summary>A failure of the layer that left a handler.</summary>
    public void LayerFailed(Type consumer, string layer, Exception error)
    {
        metrics.ConsumerLayerFailed(layer);
        if (_layers.GetOrAdd(layer, static (_, time) => new Episode(time), time).Begins())
        {
            Log.LayerFailed(Logger, consumer.Name, layer, error.Message);
        }
    }

    /// <summary>A method that answers requests has failed; whoever asked was told.</summary>
    public void AnswerFailed(Type consumer, ChannelMessage request, Exception error)
    {
        if (Flood.Begins(FloodLog.KindOf(error), consumer.Name))
        {
            Log.AnswerFailed(Logger, error, consumer.Name, HeaderText.Escape(request.Type));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2006, LogLevel.Error, "{Consumer} failed to answer a request of type '{MessageType}'; whoever asked was told.")]
        public static partial void AnswerFailed(ILogger logger, Exception error, string consumer, string messageType);

        [LoggerMessage(2001, LogLevel.Warning, "{Consumer} dropped a layer message of type '{MessageType}': {Detail}. Further ones of this type are only counted.")]
        public static partial void MessageDropped(ILogger logger, string consumer, string messageType, string detail);

        [LoggerMessage(2004, LogLevel.Warning, "A handler of {Consumer} failed because of layer '{Layer}'; open connections stay open, new ones are refused with 503. {Error} Further failures are only counted until a minute passes without one.")]
        public static partial void LayerFailed(ILogger logger, string consumer, string layer, string error);
    }
}
