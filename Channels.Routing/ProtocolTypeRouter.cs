namespace Channels.Routing;

/// <summary>
/// Chooses an application by the type of the scope: usually the root. Written with an initializer,
/// <c>new ProtocolTypeRouter { ["websocket"] = app, ["http"] = site }</c>.
/// </summary>
/// <remarks>
/// Without an entry for <c>http</c> or <c>websocket</c> such connections are answered with 404, and one line is logged.
/// Without an entry for <c>lifespan</c> the router answers start-up and shutdown itself; applications below it that
/// want to take part need that entry. Entries are added before the first connection by one thread; after that the
/// router is safe from any thread.
/// </remarks>
public sealed class ProtocolTypeRouter : IApplicationNode
{
    private const string Name = nameof(ProtocolTypeRouter);

    private readonly NamedApplications _protocols = new(Name, "protocol");
    private int _toldOfHttp;
    private int _toldOfWebSocket;

    /// <inheritdoc/>
    public string Description => Name;

    /// <inheritdoc/>
    public IReadOnlyList<ApplicationBranch> Branches => _protocols.Branches;

    /// <summary>The application for a type of scope; each type is set once.</summary>
    /// <param name="protocol">The type: <c>http</c>, <c>websocket</c>, <c>channel</c>, <c>lifespan</c>, or your own.</param>
    /// <remarks>A type that has an application already ends the start of the program, by <see cref="Prepare"/>, or else the first use.</remarks>
    /// <exception cref="ArgumentException">The type is empty.</exception>
    /// <exception cref="InvalidOperationException">The router has served a connection already.</exception>
    /// <exception cref="KeyNotFoundException">Read: the type has no application.</exception>
    public Application this[string protocol]
    {
        get => _protocols.Find(protocol) ?? throw new KeyNotFoundException($"{Name} has no application for '{protocol}'; it has: {_protocols.Names}.");
        set => _protocols.Add(protocol, value);
    }

    /// <summary>The router as an application.</summary>
    /// <param name="router">The router.</param>
    public static implicit operator Application(ProtocolTypeRouter router)
    {
        ArgumentNullException.ThrowIfNull(router);
        return router.InvokeAsync;
    }

    /// <summary>The router as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It has no entries, or a route with a method stands below another entry than <c>http</c>.</exception>
    public void Prepare(IServiceProvider services)
    {
        _protocols.Fix();
        if (Branches.Count == 0)
        {
            throw new InvalidOperationException("it has no entries; add one, as in [\"websocket\"] = app");
        }

        foreach (var branch in Branches.Where(branch => branch.Label != "http"))
        {
            RefuseMethods(branch.Label, branch.Application, 0);
        }
    }

    /// <summary>Passes the connection on, scope unchanged.</summary>
    /// <param name="scope">The facts about the connection.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    /// <exception cref="UnsupportedScopeException">No entry for the scope's type, which is one that cannot be answered with 404; the message lists the entries.</exception>
    /// <exception cref="RouteNotFoundException">No entry for the scope's type, and a <see cref="UrlRouter"/> stands around this router.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(send);
        _protocols.Fix();
        if (_protocols.Find(scope.Type) is { } application)
        {
            return application(scope, receive, send);
        }

        return scope is LifespanScope ? AnswerLifespanAsync(receive, send)
            : scope is RequestScope request && Refusal.CanAnswer(request) ? RefuseAsync(request, receive, send)
            : Task.FromException(new UnsupportedScopeException(
                $"{Name} has no application for scopes of type '{HeaderText.Escape(scope.Type)}'; it has: {_protocols.Names}. Add [\"{HeaderText.Escape(scope.Type)}\"] = … to it."));
    }

    /// <summary>The application for a type of scope, or null.</summary>
    internal Application? Find(string scopeType) => _protocols.Find(scopeType);

    // Strangers ask for what is not served, which is no fault of the application's.
    private Task RefuseAsync(RequestScope scope, Receive receive, Send send)
    {
        if (scope.Route.Remaining is not null)
        {
            throw new RouteNotFoundException($"{Name} has no application for {scope}; it has: {_protocols.Names}."); // the router around goes on
        }

        if (Interlocked.Exchange(ref scope is HttpScope ? ref _toldOfHttp : ref _toldOfWebSocket, 1) == 0)
        {
            NoRouteLog.NoProtocol(scope, _protocols.Names);
        }

        return Refusal.SendAsync(scope, new RouteAttempt(receive, send), 404, "Not Found"u8.ToArray());
    }

    // Only HTTP requests have a method to choose by. A tree that contains itself is ApplicationTree's to report.
    private static void RefuseMethods(string protocol, Application application, int depth)
    {
        var node = depth > 64 ? null : ApplicationTree.NodeOf(application);
        if (node is UrlRouter router && router.Routes.FirstOrDefault(route => route.Methods is not null) is { } route)
        {
            throw new InvalidOperationException($"the route '{route.Methods} {route.Pattern.Template}' stands below '{protocol}', where connections have no method, so that it is never reached; write '{route.Pattern.Template}'");
        }

        foreach (var branch in node?.Branches ?? [])
        {
            RefuseMethods(protocol, branch.Application, depth + 1);
        }
    }

    private static async Task AnswerLifespanAsync(Receive receive, Send send)
    {
        while (true)
        {
            switch (await receive())
            {
                case LifespanStartup:
                    await send(new LifespanStartupComplete());
                    break;
                case LifespanShutdown:
                    await send(new LifespanShutdownComplete());
                    return;
                default:
                    break; // an event of a later version of the protocol
            }
        }
    }
}
