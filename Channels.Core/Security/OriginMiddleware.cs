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
