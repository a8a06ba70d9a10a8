using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>What the routers above an application took from the path: the captures of all levels, and what is left of the path.</summary>
public sealed record RouteMatch
{
    /// <summary>No router has matched yet.</summary>
    public static RouteMatch None { get; } = new();

    /// <summary>Named captures of all levels, converted; an inner level's value replaces an outer one of the same name.</summary>
    public IReadOnlyDictionary<string, object?> Values { get; init; } = FrozenDictionary<string, object?>.Empty;

    /// <summary>Positional captures, the outer level's first. Only regular expressions without named groups give any.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The templates that matched, joined from the outermost to the innermost: the low-cardinality name of the route in logs and metrics.</summary>
    public string Template { get; init; } = "";

    /// <summary>The part of the path that no router has consumed yet; null when no router has run.</summary>
    public string? Remaining { get; init; }

    /// <summary>A named capture as text.</summary>
    /// <param name="name">The placeholder's name.</param>
    /// <exception cref="KeyNotFoundException">The route has no placeholder of that name; the message lists those it has.</exception>
    public string this[string name] => Convert.ToString(Find(name), System.Globalization.CultureInfo.InvariantCulture) ?? "";

    /// <summary>A named capture as its converter made it, for example <c>Get&lt;int&gt;("id")</c> for <c>{id:int}</c>.</summary>
    /// <typeparam name="T">The converter's type.</typeparam>
    /// <param name="name">The placeholder's name.</param>
    /// <exception cref="KeyNotFoundException">The route has no placeholder of that name.</exception>
    /// <exception cref="InvalidCastException">The capture has another type; the message names it.</exception>
    public T Get<T>(string name) => Find(name) switch
    {
        T value => value,
        var other => throw new InvalidCastException(
            $"The capture '{name}' of route '{Template}' is {other?.GetType().Name ?? "null"}, not {typeof(T).Name}; choose the matching converter in the template."),
    };

    /// <summary>Reads a named capture if the route has it with that type.</summary>
    /// <typeparam name="T">The expected type.</typeparam>
    /// <param name="name">The placeholder's name.</param>
    /// <param name="value">The capture.</param>
    public bool TryGet<T>(string name, [MaybeNullWhen(false)] out T value)
    {
        if (Values.TryGetValue(name, out var found) && found is T typed)
        {
            value = typed;
            return true;
        }

        value = default;
        return false;
    }

    private object? Find(string name) => Values.TryGetValue(name, out var value)
        ? value
        : throw new KeyNotFoundException(
            $"The route '{Template}' has no capture '{name}'; it has: {(Values.Count == 0 ? "none" : string.Join(", ", Values.Keys))}.");
}
