using Microsoft.Extensions.Logging;

namespace Channels.Kestrel;

/// <summary>One line for each request and each end of a WebSocket: no query string, because tokens travel there.</summary>
internal sealed partial class AccessLog(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("Channels.Access");

    public void Add(RequestScope scope, int status, TimeSpan elapsed)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            var method = scope is HttpScope http ? HeaderText.Escape(http.Method) : "WEBSOCKET";
            Log.Served(_logger, scope.Client?.Address.ToString() ?? "-", method, HeaderText.Escape(scope.Path), status, (long)elapsed.TotalMilliseconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1013, LogLevel.Information, "{Client} {Method} {Path} {Status} {Milliseconds} ms")]
        public static partial void Served(ILogger logger, string client, string method, string path, int status, long milliseconds);
    }
}
