namespace Channels;

/// <summary>
/// The server's side of one request or WebSocket, which its scope carries: what the server learns on the way inward — which
/// route was taken, and which application serves it — for logs, metrics and traces, and what it offers beyond events. Scopes are
/// copied inward; this object is the same in every copy.
/// </summary>
internal abstract class ServerExchange
{
    private volatile RouteMatch _match = RouteMatch.None;
    private volatile string? _application;

    /// <summary>What the innermost router found that has matched last.</summary>
    public RouteMatch Match
    {
        get => _match;
        set => _match = value;
    }

    /// <summary>The application at the end of the route; null for a plain function.</summary>
    public string? Application
    {
        get => _application;
        set => _application = value;
    }

    /// <summary>Where it is noted that a handler of the connection runs; null for nowhere.</summary>
    public abstract RunningHandlers? Running { get; }

    /// <summary>Who holds what is held for the peer; null where nobody counts, or when it is over.</summary>
    public abstract MemoryHolder? Memory { get; }
}
