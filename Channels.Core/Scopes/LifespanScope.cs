namespace Channels.Extending;

/// <summary>
/// The life of the application itself, from before the first connection to after the last (ASGI lifespan scope).
/// What the application puts into <see cref="Scope.State"/> during start-up is copied, shallowly, into every later scope.
/// </summary>
public sealed record LifespanScope : Scope
{
    /// <summary>Makes a scope with an empty state for the application to fill.</summary>
    public LifespanScope()
        : base("lifespan") => State = new Dictionary<string, object?>(StringComparer.Ordinal);
}
