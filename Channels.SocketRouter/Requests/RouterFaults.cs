using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.SocketRouter;

/// <summary>Logs what goes wrong around requests: in full once per episode for each kind and place, then how often. Thread-safe.</summary>
internal sealed partial class RouterFaults
{
    private readonly FloodLog _flood;
    private readonly ILogger _logger;

    public RouterFaults(TimeProvider time, ILoggerFactory loggers)
        : this(time, loggers.CreateLogger("Channels.SocketRouter"))
    {
    }

    private RouterFaults(TimeProvider time, ILogger logger) => (_flood, _logger) = (new(logger, time), logger);

    /// <summary>The host's, or one for a connection alone.</summary>
    public static RouterFaults Of(IServiceProvider services) => services.GetService(typeof(RouterFaults)) as RouterFaults
        ?? new((services.GetService(typeof(TimeProvider)) as TimeProvider) ?? TimeProvider.System,
            (services.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger("Channels.SocketRouter") ?? NullLogger.Instance);

    /// <summary>A stage of a request has thrown.</summary>
    public void HandlerFailed(Type consumer, SocketRoute route, Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), $"{consumer.Name}: {route.Name}"))
        {
            Log.HandlerFailed(_logger, error, consumer.Name, route.Name);
        }
    }

    /// <summary>What middleware around a connection threw at a frame.</summary>
    public void SendFailed(Type consumer, Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), $"{consumer.Name}: sending"))
        {
            Log.SendFailed(_logger, error, consumer.Name);
        }
    }

    /// <summary>Whoever has gone could not be taken out of a topic's presence.</summary>
    public void LeaveFailed(Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), "presence"))
        {
            Log.LeaveFailed(_logger, error);
        }
    }

    /// <summary>For who looks why a client was refused: what a contract, a converter or a constructor threw may be its content or a fault of theirs.</summary>
    public void PayloadRefused(string route, Exception error) => Log.PayloadRefused(_logger, error, route);

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Error, "A handler of {Consumer} failed at route '{Route}'.")]
        public static partial void HandlerFailed(ILogger logger, Exception error, string consumer, string route);

        [LoggerMessage(9002, LogLevel.Warning, "A frame of {Consumer} could not be sent.")]
        public static partial void SendFailed(ILogger logger, Exception error, string consumer);

        [LoggerMessage(9003, LogLevel.Warning, "A connection that has ended could not be taken out of a topic's presence.")]
        public static partial void LeaveFailed(ILogger logger, Exception error);

        [LoggerMessage(9004, LogLevel.Debug, "The JSON contract of route '{Route}' refused what a client sent.")]
        public static partial void PayloadRefused(ILogger logger, Exception error, string route);
    }
}
