namespace Channels;

/// <summary>
/// Who decides about the origin of one WebSocket: the server's own rule (<see cref="OriginRules"/>), unless a validator
/// in the tree of applications has let the connection in.
/// </summary>
/// <remarks>
/// <para>How server and validators work together:</para>
/// <list type="number">
/// <item>At start the server asks <see cref="IsReplacedIn"/> once. If no validator stands anywhere in the tree, it
/// applies its own rule before any application runs, and refuses with 403.</item>
/// <item>Otherwise it puts a new instance under <see cref="Key"/> into each WebSocket scope. Validators call
/// <see cref="Replace"/> on it for connections they let in.</item>
/// <item>When the application sends <see cref="WebSocketAccept"/> and <see cref="Replaced"/> is still false, no
/// validator has seen the connection: the server applies its own rule then, and turns the accept into a 403.</item>
/// </list>
/// <para>One instance belongs to one connection. Thread-safe.</para>
/// </remarks>
public sealed class OriginCheck
{
    private volatile bool _replaced;

    /// <summary>Where the instance stands in the scope of a WebSocket.</summary>
    public static ScopeKey<OriginCheck> Key { get; } = new("origin check");

    /// <summary>True when a validator has let the connection in.</summary>
    public bool Replaced => _replaced;

    /// <summary>Whether any application of the tree decides about origins itself.</summary>
    /// <param name="root">The root application.</param>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="InvalidOperationException">An application contains itself.</exception>
    public static bool IsReplacedIn(Application root)
    {
        foreach (var entry in ApplicationTree.Walk(root))
        {
            if (entry.Node is IOriginValidator)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Tells the server that a validator has let the connection in.</summary>
    public void Replace() => _replaced = true;
}
