using Microsoft.Extensions.Logging;

namespace Channels.SocketIO;

internal static partial class SocketIOLog
{
    [LoggerMessage(7101, LogLevel.Warning, "A Socket.IO client was closed: {What}. Further ones of this kind within a minute are not logged.")]
    public static partial void Refused(ILogger logger, string what);

    [LoggerMessage(7102, LogLevel.Error, "The application of the Socket.IO namespace '{Namespace}' failed; its client was sent out of it.")]
    public static partial void Failed(ILogger logger, string @namespace, Exception error);

    [LoggerMessage(7103, LogLevel.Error, "A handler of {Consumer} failed; the client stays, and its event is not acknowledged.")]
    public static partial void HandlerFailed(ILogger logger, string consumer, Exception error);

    [LoggerMessage(7104, LogLevel.Information, "{Consumer} passed over an event whose arguments its handler does not take ({Handler}). Further ones within a minute are not logged.")]
    public static partial void Mismatched(ILogger logger, string consumer, string handler);
}
