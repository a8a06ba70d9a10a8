namespace Channels.Extending;

/// <summary>
/// An application that shows what is inside it. A delegate alone would hide its branches, so routers, middleware and
/// consumers are objects of this kind, found as the <see cref="Delegate.Target"/> of their <see cref="Application"/>.
/// </summary>
public interface IApplicationNode
{
    /// <summary>One line for people: the router's kind, the consumer's type, the middleware's name.</summary>
    string Description { get; }

    /// <summary>The applications inside, in the order they are tried; empty for a leaf.</summary>
    IReadOnlyList<ApplicationBranch> Branches { get; }

    /// <summary>
    /// Whether it serves every connection that it is given and never throws <see cref="RouteNotFoundException"/>: a router then
    /// hands it the connection itself and keeps nothing of its own around it. Default true for a leaf, such as a consumer.
    /// </summary>
    bool KeepsConnections => Branches.Count == 0;

    /// <summary>
    /// Called once before the first connection, outermost first: check what can be checked and fetch what is needed.
    /// Must tolerate being called again.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <exception cref="InvalidOperationException">The node cannot work; the message names the culprit and the remedy.</exception>
    void Prepare(IServiceProvider services);
}
