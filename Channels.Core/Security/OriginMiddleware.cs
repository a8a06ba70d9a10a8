using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels;

/// <summary>The middleware around a policy: refuses with 403 before the handshake.</summary>
/// <param name="inner">The application inside.</param>
/// <param name="name">What logs and the tree of applications call it.</param>
/// <param name="read">Finds the policy, once; throws when the configuration names none.</param>
internal sealed class OriginMiddleware(Application inner, string name, Func<IServiceProvider, OriginPolicy> read) : ApplicationMiddleware(inner)
{
    private volatile OriginPolicy? _policy;
    private volatile OriginLog? _log;

    public override string Description => name;

    public override void Prepare(IServiceProvider services)
    {
        _policy = read(services);
        foreach (var (entry, remedy) in _policy.Useless)
        {
            Log(services).NeverMatches(name, entry, remedy);
        }
    }

    public override Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is not WebSocketScope webSocket)
        {
            return Task.FromException(new UnsupportedScopeException(name, scope, "websocket"));
        }

        if ((_policy ?? ReadLate(scope.Services)).FindRefusal(webSocket.Headers) is { } objection)
        {
            Log(scope.Services).Refused(webSocket, objection, name);
            return DenyAsync(receive, send);
        }

        if (scope.TryGet(OriginDecision.Key, out var decision))
        {
            decision.Make();
        }

        return Inner(scope, receive, send);
    }

    private OriginLog Log(IServiceProvider services) => _log ??= OriginLog.From(services);

    // Nobody has called Prepare, as in a bare unit test: what names no hosts then allows none.
    private OriginPolicy ReadLate(IServiceProvider services)
    {
        try
        {
            return _policy = read(services);
        }
        catch (InvalidOperationException)
        {
            return _policy = OriginPolicy.AnyOf([]);
        }
    }

    private static async Task DenyAsync(Receive receive, Send send)
    {
        if (await receive() is not WebSocketDisconnect)
        {
            await send(new WebSocketClose());
        }
    }
}

/// <summary>What middleware and servers write about origins. Thread-safe.</summary>
internal sealed partial class OriginLog(ILogger logger, TimeProvider time)
{
    private readonly FloodLog _flood = new(logger, time);

    /// <param name="services">Where logger and clock are; without a host nothing is written.</param>
    public static OriginLog From(IServiceProvider services) => new(
        services.GetService<ILoggerFactory>()?.CreateLogger("Channels.Security") ?? NullLogger.Instance, services.GetService<TimeProvider>() ?? TimeProvider.System);

    /// <summary>One line for a refused connection; those that follow are counted.</summary>
    /// <param name="scope">The connection.</param>
    /// <param name="objection">What <see cref="OriginPolicy.FindRefusal"/> has said.</param>
    /// <param name="rule">The middleware or setting that stands behind it.</param>
    public void Refused(WebSocketScope scope, string objection, string rule)
    {
        if (logger.IsEnabled(LogLevel.Information) && _flood.Begins($"a WebSocket whose origin {objection}", rule))
        {
            var (path, origin, host) = (HeaderText.Escape(scope.Path), HeaderText.Escape(scope.Headers["origin"]), HeaderText.Escape(scope.Headers["host"]));
            Refused(logger, path, objection, origin, host, rule);
        }
    }

    /// <summary>One line for an entry that can never match.</summary>
    public void NeverMatches(string validator, string entry, string remedy) => NeverMatches(logger, validator, entry, remedy);

    /// <summary>One line when a server starts that looks at no origin at all.</summary>
    public void Unchecked() => Unchecked(logger);

    [LoggerMessage(4010, LogLevel.Information, "Refused websocket '{Path}' with 403: its origin {Objection} (origin '{Origin}', host '{Host}', rule {Rule})")]
    private static partial void Refused(ILogger logger, string path, string objection, string origin, string host, string rule);

    [LoggerMessage(4011, LogLevel.Warning, "The entry '{Entry}' of {Validator} never matches: {Remedy}")]
    private static partial void NeverMatches(ILogger logger, string validator, string entry, string remedy);

    [LoggerMessage(4012, LogLevel.Warning, "Pages of any site may open WebSockets with the cookies of their visitors, because Channels:WebSocket:CheckOrigin is off and no AllowedHosts or OriginValidator stands in the application; turn it on unless nothing here belongs to a user.")]
    private static partial void Unchecked(ILogger logger);
}
