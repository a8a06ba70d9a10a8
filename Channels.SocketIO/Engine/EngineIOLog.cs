using Microsoft.Extensions.Logging;

namespace Channels.SocketIO;

/// <summary>What is written about sessions: a line per episode, however often strangers repeat it. Thread-safe.</summary>
internal sealed partial class EngineIOLog(ILogger logger, TimeProvider time)
{
    private readonly FloodLog _flood = new(logger, time);

    public void Misbehaved(string what, string place)
    {
        if (_flood.Begins($"an Engine.IO session closed for {what}", place))
        {
            Misbehaved(logger, what, place);
        }
    }

    public void Overflowed(string place)
    {
        if (_flood.Begins("an Engine.IO session closed because too much waited for its client", place))
        {
            Overflowed(logger, place);
        }
    }

    public void Full(int limit)
    {
        if (_flood.Begins("an Engine.IO handshake refused because there are too many sessions", ""))
        {
            Full(logger, limit);
        }
    }

    public void ApplicationFailed(Exception error, string place)
    {
        if (_flood.Begins(FloodLog.KindOf(error), place))
        {
            ApplicationFailed(logger, error, place);
        }
    }

    public void NotForwarded(Exception error)
    {
        if (_flood.Begins($"an Engine.IO request not put to the session's process: {error.GetType().Name}", ""))
        {
            NotForwarded(logger, error);
        }
    }

    [LoggerMessage(8001, LogLevel.Information, "Closed an Engine.IO session at '{Place}' for {What}")]
    private static partial void Misbehaved(ILogger logger, string what, string place);

    [LoggerMessage(8002, LogLevel.Warning, "Closed an Engine.IO session at '{Place}': more waited for its client than Engine:MaxOutboundMessageCount and MaxOutboundBytes allow")]
    private static partial void Overflowed(ILogger logger, string place);

    [LoggerMessage(8003, LogLevel.Warning, "Refused an Engine.IO handshake with 503: there are {Limit} sessions, which is Engine:MaxSessions")]
    private static partial void Full(ILogger logger, int limit);

    [LoggerMessage(8004, LogLevel.Error, "The application of an Engine.IO session at '{Place}' failed; the session is closed")]
    private static partial void ApplicationFailed(ILogger logger, Exception error, string place);

    [LoggerMessage(8005, LogLevel.Warning, "A polling request of Engine.IO could not be put to the process that holds its session; answered with 503")]
    private static partial void NotForwarded(ILogger logger, Exception error);
}
