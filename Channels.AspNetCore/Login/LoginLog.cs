using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.AspNetCore;

/// <summary>What is written about the logins of sockets: while nobody can be asked, every socket has the same to tell. Thread-safe.</summary>
internal sealed partial class LoginLog
{
    private readonly ILogger _logger;
    private readonly FloodLog _flood;

    public LoginLog(IServiceProvider services)
    {
        _logger = services.GetService<ILoggerFactory>()?.CreateLogger("Channels.Login") ?? NullLogger.Instance;
        _flood = new(_logger, services.GetService<TimeProvider>() ?? TimeProvider.System);
    }

    public void NotAsked(Exception error)
    {
        if (_flood.Begins(FloodLog.KindOf(error), "logins"))
        {
            NotAsked(_logger, error);
        }
    }

    [LoggerMessage(6001, LogLevel.Warning, "Whether a login is still good could not be found out; its WebSocket stays open until it is asked again")]
    private static partial void NotAsked(ILogger logger, Exception error);
}
