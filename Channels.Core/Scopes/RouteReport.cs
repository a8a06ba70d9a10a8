namespace Channels;

/// <summary>
/// What a server learns about one connection from those it passes on its way inward: which route they took it by, and which
/// application serves it. Scopes are copied inward; this object is the same in every copy. For logs, metrics and traces.
/// </summary>
/// <param name="path">The connection's path, by which its handlers are named.</param>
/// <param name="running">Where the server notes which handlers run; null when it does not want to know.</param>
internal sealed class RouteReport(string path = "", RunningHandlers? running = null)
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

    /// <summary>Whether the server itself has answered, to a probe that comes every few seconds.</summary>
    public bool IsProbe { get; set; }

    /// <summary>The connection's path, by which its handlers are named.</summary>
    public string Path => path;

    /// <summary>Where it is noted that a handler of the connection runs; null for nowhere.</summary>
    public RunningHandlers? Running => running;
}
