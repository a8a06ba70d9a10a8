using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Extending;

/// <summary>What middleware and servers write about origins. Thread-safe.</summary>
/// <param name="logger">Where it is written.</param>
/// <param name="time">The clock that tells episodes apart.</param>
public sealed partial class OriginLog(ILogger logger, TimeProvider time)
{
    private readonly FloodLog _flood = new(logger, time);

    /// <summary>Writes to the host's logger, under the name that all about origins has there.</summary>
    /// <param name="services">Where logger and clock are; without a host nothing is written.</param>
    public static OriginLog From(IServiceProvider services) => new(
        services.GetService<ILoggerFactory>()?.CreateLogger("Channels.Security") ?? NullLogger.Instance, services.GetService<TimeProvider>() ?? TimeProvider.System);

    /// <summary>One line for a refused WebSocket or request; those that follow are counted.</summary>
    /// <param name="scope">What was refused.</param>
    /// <param name="objection">What <see cref="OriginPolicy.FindRefusal"/> has said.</param>
    /// <param name="rule">The middleware or setting that stands behind it.</param>
    public void Refused(RequestScope scope, string objection, string rule)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var what = scope is WebSocketScope ? "WebSocket" : "request";
        if (logger.IsEnabled(LogLevel.Information) && _flood.Begins($"a {what} whose origin {objection}", rule))
        {
            var (path, origin, host) = (HeaderText.Escape(scope.Path), HeaderText.Escape(scope.Headers["origin"]), HeaderText.Escape(scope.Headers["host"]));
            Refused(logger, scope.Type, path, objection, origin, host, rule);
        }
    }

    /// <summary>One line for an entry that can never match.</summary>
    internal void NeverMatches(string validator, string entry, string remedy) => NeverMatches(logger, validator, entry, remedy);

    /// <summary>One line when a server starts that looks at no origin at all.</summary>
    internal void Unchecked() => Unchecked(logger);

    [LoggerMessage(4010, LogLevel.Information, "Refused {Protocol} '{Path}' with 403: its origin {Objection} (origin '{Origin}', host '{Host}', rule {Rule})")]
    private static partial void Refused(ILogger logger, string protocol, string path, string objection, string origin, string host, string rule);

    [LoggerMessage(4011, LogLevel.Warning, "The entry '{Entry}' of {Validator} never matches: {Remedy}")]
    private static partial void NeverMatches(ILogger logger, string validator, string entry, string remedy);

    [LoggerMessage(4012, LogLevel.Warning, "Pages of any site may open WebSockets with the cookies of their visitors, because Channels:WebSocket:CheckOrigin is off and no AllowedHosts or OriginValidator stands in the application; turn it on unless nothing here belongs to a user.")]
    private static partial void Unchecked(ILogger logger);
}
