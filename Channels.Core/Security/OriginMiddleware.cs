using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>The middleware around a policy: refuses with 403 before the handshake.</summary>
/// <param name="inner">The application inside.</param>
/// <param name="name">What logs and the tree of applications call it.</param>
/// <param name="read">Finds the policy, once; throws when the configuration names none.</param>
internal sealed class OriginMiddleware(Application inner, string name, Func<IServiceProvider, OriginPolicy> read) : ApplicationMiddleware(inner)
{
    private volatile OriginPolicy? _policy;

    public override string Description => name;

    public override void Prepare(IServiceProvider services)
    {
        _policy = read(services);
        foreach (var (entry, remedy) in _policy.Useless)
        {
            OriginLog.NeverMatches(services, name, entry, remedy);
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
            OriginLog.Refused(webSocket, objection, name);
            return DenyAsync(receive, send);
        }

        if (scope.TryGet(OriginDecision.Key, out var decision))
        {
            decision.Make();
        }

        return Inner(scope, receive, send);
    }

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

/// <summary>What middleware and servers write about origins.</summary>
internal static partial class OriginLog
{
    /// <summary>One line for a refused connection.</summary>
    /// <param name="scope">The connection.</param>
    /// <param name="objection">What <see cref="OriginPolicy.FindRefusal"/> has said.</param>
    /// <param name="rule">The middleware or setting that stands behind it.</param>
    public static void Refused(WebSocketScope scope, string objection, string rule)
    {
        if (Find(scope.Services) is { } logger && logger.IsEnabled(LogLevel.Information))
        {
            var (path, origin, host) = (HeaderText.Escape(scope.Path), HeaderText.Escape(scope.Headers["origin"]), HeaderText.Escape(scope.Headers["host"]));
            Refused(logger, path, objection, origin, host, rule);
        }
    }

    /// <summary>One line for an entry that can never match.</summary>
    public static void NeverMatches(IServiceProvider services, string validator, string entry, string remedy)
    {
        if (Find(services) is { } logger)
        {
            NeverMatches(logger, validator, entry, remedy);
        }
    }

    private static ILogger? Find(IServiceProvider services) => services.GetService<ILoggerFactory>()?.CreateLogger("Channels.Security");

    [LoggerMessage(4010, LogLevel.Information, "Refused websocket '{Path}' with 403: its origin {Objection} (origin '{Origin}', host '{Host}', rule {Rule})")]
    private static partial void Refused(ILogger logger, string path, string objection, string origin, string host, string rule);

    [LoggerMessage(4011, LogLevel.Warning, "The entry '{Entry}' of {Validator} never matches: {Remedy}")]
    private static partial void NeverMatches(ILogger logger, string validator, string entry, string remedy);
}
