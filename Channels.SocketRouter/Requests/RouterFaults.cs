using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.SocketRouter;

/// <summary>Logs what goes wrong inside of handlers: once per episode for each route and kind of failure. Thread-safe.</summary>
internal sealed partial class RouterFaults
{
    private readonly ConcurrentDictionary<(string Route, Type Kind), Episode> _handlers = new(); // as many as the code has routes and kinds
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public RouterFaults(TimeProvider time, ILoggerFactory loggers)
        : this(time, loggers.CreateLogger("Channels.SocketRouter"))
    {
    }

    private RouterFaults(TimeProvider time, ILogger logger) => (_time, _logger) = (time, logger);

    /// <summary>The host's, or one for a connection alone.</summary>
    public static RouterFaults Of(IServiceProvider services) => services.GetService(typeof(RouterFaults)) as RouterFaults
        ?? new((services.GetService(typeof(TimeProvider)) as TimeProvider) ?? TimeProvider.System,
            (services.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger("Channels.SocketRouter") ?? NullLogger.Instance);

    /// <summary>A stage of a request has thrown.</summary>
    public void HandlerFailed(Type consumer, SocketRoute route, Exception error)
    {
        if (_handlers.GetOrAdd((route.Name, error.GetType()), static (_, time) => new Episode(time), _time).Begins())
        {
            Log.HandlerFailed(_logger, error, consumer.Name, route.Name);
        }
    }

    /// <summary>What middleware around a connection threw at a frame.</summary>
    public void SendFailed(Type consumer, Exception error) => Log.SendFailed(_logger, error, consumer.Name);

    /// <summary>Whoever has gone could not be taken out of a topic's presence.</summary>
    public void LeaveFailed(Exception error) => Log.LeaveFailed(_logger, error);

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Error, "A handler of {Consumer} failed: route '{Route}' answered 500. Further failures of this kind are not logged until a minute passes without one.")]
        public static partial void HandlerFailed(ILogger logger, Exception error, string consumer, string route);

        [LoggerMessage(9002, LogLevel.Warning, "A frame of {Consumer} could not be sent.")]
        public static partial void SendFailed(ILogger logger, Exception error, string consumer);

        [LoggerMessage(9003, LogLevel.Warning, "A connection that has ended could not be taken out of a topic's presence.")]
        public static partial void LeaveFailed(ILogger logger, Exception error);
    }
}
