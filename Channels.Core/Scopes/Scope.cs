using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace Channels;

/// <summary>
/// The facts about one connection, fixed when it begins: what an application is called with. A middleware that knows
/// more passes a copy to the application inside it (<see cref="With{T}"/> or a <c>with</c> expression); nobody
/// outside sees the change.
/// </summary>
/// <remarks>Derive a record of your own for a protocol of your own; nothing has to be registered.</remarks>
public abstract record Scope
{
    private ScopeItems? _items;

    /// <summary>Makes a scope of a protocol, for good.</summary>
    /// <param name="type">The protocol: <c>http</c>, <c>websocket</c>, <c>lifespan</c>, <c>channel</c>, or your own.</param>
    protected Scope(string type) => Type = type;

    /// <summary>
    /// Makes a scope of a protocol that runs inside another one, for good: it begins with what is known about the outer
    /// connection, entries of <see cref="With{T}"/> included. What belongs to the outer connection alone stays there: its
    /// outbox, and <see cref="Aborted"/>, which the inner protocol sets.
    /// </summary>
    /// <param name="type">The inner protocol.</param>
    /// <param name="outer">The scope of the connection around it, as the last middleware has passed it on.</param>
    protected Scope(string type, Scope outer)
    {
        ArgumentNullException.ThrowIfNull(outer);
        (Type, Services, Route, User, State, _items) = (type, outer.Services, outer.Route, outer.User, outer.State, outer._items);
    }

    /// <summary>The protocol: <c>http</c>, <c>websocket</c>, <c>lifespan</c>, <c>channel</c>, or your own; a copy made by <c>with</c> keeps it.</summary>
    public string Type { get; }

    /// <summary>Services of the connection; an empty provider when no host is present, as in a bare unit test.</summary>
    public IServiceProvider Services { get; init; } = NoServices.Instance;

    /// <summary>
    /// Fires at once when the peer goes away or the server gives the connection up, also while a handler is busy.
    /// </summary>
    public CancellationToken Aborted { get; init; }

    /// <summary>What the routers took from the path.</summary>
    public RouteMatch Route
    {
        get;
        init
        {
            field = value;
            Exchange?.Match = value; // a router has made this copy
        }
    } = RouteMatch.None;

    /// <summary>Who is at the other end; null when no middleware has found out.</summary>
    public ClaimsPrincipal? User { get; init; }

    /// <summary>
    /// A shallow copy of what the application stored at start-up (its own <see cref="State"/>): replacing an
    /// entry stays private, changing a shared object does not. Null when it stored nothing.
    /// </summary>
    public IDictionary<string, object?>? State { get; init; }

    /// <summary>The server's side of the connection; null elsewhere, as in a test.</summary>
    internal ServerExchange? Exchange { get; init; }

    /// <summary>What the connection offers beside its <see cref="Send"/>; see <see cref="ScopeOutbox"/>.</summary>
    internal IOutbox? Outbox { get; init; }

    /// <summary>A copy of this scope that also holds <paramref name="value"/> under <paramref name="key"/>.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="key">The key; an entry of the same key is replaced.</param>
    /// <param name="value">The value.</param>
    public Scope With<T>(ScopeKey<T> key, T value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return this with { _items = new ScopeItems(key, value, _items) };
    }

    /// <summary>The value under <paramref name="key"/>.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">No middleware above has set the key.</exception>
    public T Get<T>(ScopeKey<T> key) => TryGet(key, out var value)
        ? value
        : throw new KeyNotFoundException($"The scope holds no '{key}'; put the middleware that sets it above this application.");

    /// <summary>Reads the value under <paramref name="key"/> if some middleware has set it.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public bool TryGet<T>(ScopeKey<T> key, [MaybeNullWhen(false)] out T value)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (ScopeItems.TryGet(_items, key, out var found))
        {
            value = (T)found!; // only With<T> writes entries, and the key fixes T
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Type and path only: headers and cookies have no place in a log.</summary>
    public sealed override string ToString() => this is RequestScope request ? $"{Type} {HeaderText.Escape(request.Path)}" : Type;
}
