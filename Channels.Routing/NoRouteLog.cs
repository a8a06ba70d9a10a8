using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Routing;

/// <summary>
/// Tells the developer why a connection found no application. In development at level Information, elsewhere at Debug:
/// on the open internet such requests are noise.
/// </summary>
internal static partial class NoRouteLog
{
    private const string Category = "Channels.Routing";

    public static void NotFound(RequestScope scope, UrlRouter router)
    {
        var logger = LoggerOf(scope);
        var level = scope.Services.GetService<IHostEnvironment>()?.IsDevelopment() == true ? LogLevel.Information : LogLevel.Debug;
        if (logger is not null && logger.IsEnabled(level))
        {
            var (path, root, routes) = (HeaderText.Escape(scope.Path), HeaderText.Escape(scope.RootPath), RouteList.Of(router));
            Log.NotFound(logger, level, scope.Type, path, root, routes);
        }
    }

    /// <summary>Nothing is served for the protocol at all. Once per router: the set of its protocols does not change.</summary>
    public static void NoProtocol(RequestScope scope, string protocols)
    {
        if (LoggerOf(scope) is { } logger)
        {
            Log.NoProtocol(logger, scope.Type, protocols);
        }
    }

    private static ILogger? LoggerOf(Scope scope) => scope.Services.GetService<ILoggerFactory>()?.CreateLogger(Category);

    private static partial class Log
    {
        [LoggerMessage(EventId = 4001, Message = "No route for {Protocol} '{Path}' (root path '{RootPath}'); routes are: {Routes}")]
        public static partial void NotFound(ILogger logger, LogLevel level, string protocol, string path, string rootPath, string routes);

        [LoggerMessage(4002, LogLevel.Information, "Answered {Protocol} with 404, and do so from now on without a line: ProtocolTypeRouter has no application for it, only for: {Protocols}. Add [\"{Protocol}\"] = … to serve it")]
        public static partial void NoProtocol(ILogger logger, string protocol, string protocols);
    }
}
