using Microsoft.Extensions.Logging;

namespace Channels.SocketIO;

/// <summary>What is written about namespaces: a line per episode of what strangers can repeat. Thread-safe.</summary>
internal sealed partial class SocketIOLog(ILogger logger, TimeProvider time)
{
    private readonly FloodLog _flood = new(logger, time);

    /// <summary>A client did what it must not.</summary>
    /// <param name="what">What, in words of ours.</param>
    public void Misbehaved(string what)
    {
        if (_flood.Begins($"a Socket.IO client closed for {what}", ""))
        {
            Misbehaved(logger, what);
        }
    }

    public void Failed(string space, Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), space))
        {
            Failed(logger, space, error);
        }
    }

    public void HandlerFailed(string consumer, Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), consumer))
        {
            HandlerFailed(logger, consumer, error);
        }
    }

    public void Mismatched(string consumer, string handler)
    {
        if (_flood.Begins("an event passed over whose arguments its handler does not take", $"{consumer}.{handler}"))
        {
            Mismatched(logger, consumer, handler);
        }
    }

    public void AdminRefused()
    {
        if (_flood.Begins("a login of an administrator refused", ""))
        {
            AdminRefused(logger);
        }
    }

    public void NotReported(Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), "administrators"))
        {
            NotReported(logger, error);
        }
    }

    public void ReportsDropped(int most)
    {
        if (_flood.Begins("reports to administrators dropped", ""))
        {
            ReportsDropped(logger, most);
        }
    }

    public void NotKept(string what, Exception? error)
    {
        if (_flood.Begins($"a Socket.IO client that is not kept: {what}", error is null ? "" : FloodLog.KindOf(error)))
        {
            NotKept(logger, what, error);
        }
    }

    public void EventsGone(string space)
    {
        if (_flood.Begins("events of a Socket.IO namespace that are gone", space))
        {
            EventsGone(logger, space);
        }
    }

    [LoggerMessage(8101, LogLevel.Warning, "A Socket.IO client was closed for {What}.")]
    private static partial void Misbehaved(ILogger logger, string what);

    [LoggerMessage(8102, LogLevel.Error, "The application of the Socket.IO namespace '{Namespace}' failed; its client was sent out of it.")]
    private static partial void Failed(ILogger logger, string @namespace, Exception error);

    [LoggerMessage(8103, LogLevel.Error, "A handler of {Consumer} failed; the client stays, and its event is not acknowledged.")]
    private static partial void HandlerFailed(ILogger logger, string consumer, Exception error);

    [LoggerMessage(8104, LogLevel.Information, "{Consumer} passed over an event whose arguments its handler {Handler} does not take.")]
    private static partial void Mismatched(ILogger logger, string consumer, string handler);

    [LoggerMessage(8105, LogLevel.Warning, "Somebody who is no administrator of Socket.IO was refused.")]
    private static partial void AdminRefused(ILogger logger);

    [LoggerMessage(8106, LogLevel.Warning, "Administrators of Socket.IO could not be told what happens.")]
    private static partial void NotReported(ILogger logger, Exception error);

    [LoggerMessage(8107, LogLevel.Warning, "More happens than administrators of Socket.IO can be told: {Most} reports wait, and others are dropped.")]
    private static partial void ReportsDropped(ILogger logger, int most);

    [LoggerMessage(8108, LogLevel.Warning, "The state of a Socket.IO client cannot be kept, and it will begin anew if it is cut off: {What}.")]
    private static partial void NotKept(ILogger logger, string what, Exception? error);

    [LoggerMessage(8109, LogLevel.Warning, "Events of the Socket.IO namespace '{Namespace}' were gone from its history before this process had them; its clients have missed them.")]
    private static partial void EventsGone(ILogger logger, string @namespace);
}
