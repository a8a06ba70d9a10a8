using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>What WebSockets write into the log.</summary>
internal static partial class WebSocketLog
{
    [LoggerMessage(1101, LogLevel.Debug, "A WebSocket peer broke the protocol and is closed with {Code}: {Reason}.")]
    public static partial void PeerFault(ILogger logger, int code, string reason);

    [LoggerMessage(1102, LogLevel.Error, "A callback on Scope.Aborted failed.")]
    public static partial void AbortCallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(1103, LogLevel.Warning, "A WebSocket client reads too slowly; messages to it are dropped until it has caught up.")]
    public static partial void Dropping(ILogger logger);

    [LoggerMessage(1104, LogLevel.Warning, "A WebSocket client read nothing for {Seconds} s and is closed with 1013.")]
    public static partial void TooSlow(ILogger logger, double seconds);

    [LoggerMessage(1105, LogLevel.Debug, "A WebSocket peer answered no ping and counts as lost.")]
    public static partial void PingTimeout(ILogger logger);

    [LoggerMessage(1106, LogLevel.Warning, "{Application} at route '{Route}' neither accepted nor refused a WebSocket handshake within {Seconds} s (Channels:WebSocket:HandshakeTimeout), and the client got 503. Call AcceptAsync, DenyAsync or CloseAsync in OnConnectAsync; a plain function sends WebSocketAccept or WebSocketClose.")]
    public static partial void Unanswered(ILogger logger, string application, string route, double seconds);

    [LoggerMessage(1107, LogLevel.Debug, "Answered 404 at route '{Route}', because what it took from the path makes no name: {Reason}")]
    public static partial void NoName(ILogger logger, string route, string reason);

    [LoggerMessage(1108, LogLevel.Information, "Answered a handshake with 404 at route '{Route}': {Reason}")]
    public static partial void Unserved(ILogger logger, string route, string reason);

    [LoggerMessage(1110, LogLevel.Error, "The application of websocket {Path} failed.")]
    public static partial void ApplicationFailed(ILogger logger, Exception error, string path);

    [LoggerMessage(1111, LogLevel.Warning, "The application of websocket {Path} still runs {Seconds} s after its connection has ended and is abandoned; let it end on Scope.Aborted or after the disconnect event.")]
    public static partial void Abandoned(ILogger logger, string path, double seconds);
}
