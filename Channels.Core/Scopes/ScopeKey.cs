namespace Channels;

/// <summary>
/// A typed key of a scope's bag. Two keys are never equal unless they are the same object, so names cannot clash:
/// <c>static readonly ScopeKey&lt;Tenant&gt; Tenant = new("tenant");</c>
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="name">A name for people; it takes no part in comparison.</param>
public sealed class ScopeKey<T>(string name)
{
    /// <summary>A name for people.</summary>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
