namespace Channels.Extending;

/// <summary>
/// Whether a validator above the application has let one WebSocket in. The server's own rule applies to all others.
/// </summary>
/// <remarks>
/// At start the server asks <see cref="IsExpectedIn"/> once. If no validator stands in the tree, it applies its rule
/// before any application runs. Otherwise it puts a new instance under <see cref="Key"/> into each WebSocket scope, and
/// applies its rule when the application accepts a connection for which <see cref="IsMade"/> is still false.
/// Thread-safe.
/// </remarks>
public sealed class OriginDecision
{
    private volatile bool _made;

    /// <summary>Where the instance stands in the scope of a WebSocket.</summary>
    public static ScopeKey<OriginDecision> Key { get; } = new("origin decision");

    /// <summary>True when a validator has let the connection in.</summary>
    public bool IsMade => _made;

    /// <summary>Whether any application of the tree decides about origins itself.</summary>
    /// <param name="root">The root application.</param>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="InvalidOperationException">An application contains itself.</exception>
    public static bool IsExpectedIn(Application root) => ApplicationTree.Walk(root).Any(entry => entry.Node is OriginMiddleware);

    internal void Make() => _made = true;
}
