namespace Channels.Extending;

/// <summary>How a server hands a connection's outbox to the consumer at the other end of the scope.</summary>
public static class ScopeOutbox
{
    /// <summary>The connection's outbox; null when the server offers none.</summary>
    /// <param name="scope">The scope.</param>
    public static IOutbox? GetOutbox(this Scope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Outbox;
    }

    /// <summary>A copy of the scope that carries an outbox.</summary>
    /// <typeparam name="TScope">The scope's type.</typeparam>
    /// <param name="scope">The scope.</param>
    /// <param name="outbox">The outbox; null for none.</param>
    public static TScope WithOutbox<TScope>(this TScope scope, IOutbox? outbox)
        where TScope : Scope
    {
        ArgumentNullException.ThrowIfNull(scope);
        return (TScope)(scope with { Outbox = outbox });
    }

    /// <summary>A copy of the scope for what stands behind a route: one copy for the match and for an outbox that leads through the router.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="route">The route's match.</param>
    /// <param name="outbox">The outbox; null for none.</param>
    public static RequestScope WithRoute(this RequestScope scope, RouteMatch route, IOutbox? outbox)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(route);
        return scope with { Route = route, Outbox = outbox };
    }
}
