namespace Channels.SocketIO;

/// <summary>What runs inside the engine: the namespaces, for one session at a time.</summary>
/// <param name="runtime">What all sessions share.</param>
internal sealed class SessionApplication(SocketIORuntime runtime) : IApplicationNode
{
    /// <inheritdoc/>
    public string Description => "Socket.IO namespaces";

    /// <inheritdoc/>
    public IReadOnlyList<ApplicationBranch> Branches => [.. runtime.Spaces.Branches];

    /// <inheritdoc/>
    public void Prepare(IServiceProvider services) => runtime.Prepare(services);

    /// <summary>Serves one session.</summary>
    public Task InvokeAsync(Scope scope, Receive receive, Send send) => scope is EngineIOScope session
        ? new SocketIOSession(runtime, session, receive, send).RunAsync()
        : throw new UnsupportedScopeException(Description, scope, "engineio");
}
