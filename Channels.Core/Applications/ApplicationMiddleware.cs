namespace Channels;

/// <summary>
/// The base of middleware written as a class. One object serves all connections, so what belongs to a connection goes
/// into a copy of its scope, never into a field. Subclasses implement <see cref="InvokeAsync"/>.
/// </summary>
/// <param name="inner">The application inside.</param>
public abstract class ApplicationMiddleware(Application inner) : IApplicationNode
{
    /// <summary>The application inside.</summary>
    protected Application Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    /// <inheritdoc/>
    public virtual string Description => GetType().Name;

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => [new("", Inner)];

    /// <inheritdoc/>
    public virtual void Prepare(IServiceProvider services)
    {
    }

    /// <summary>Serves one connection, usually by calling <see cref="Inner"/>.</summary>
    /// <param name="scope">The facts about the connection.</param>
    /// <param name="receive">Waits for the next event from the peer.</param>
    /// <param name="send">Sends an event to the peer.</param>
    public abstract Task InvokeAsync(Scope scope, Receive receive, Send send);

    /// <summary>The middleware as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <summary>The middleware as an application.</summary>
    /// <param name="middleware">The middleware.</param>
    public static implicit operator Application(ApplicationMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return middleware.InvokeAsync;
    }
}
