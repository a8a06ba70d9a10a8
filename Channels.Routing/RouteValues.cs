using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Channels.Routing;

/// <summary>Named captures as two small arrays; a connection has few, so a linear look-up is the quickest. Immutable.</summary>
internal sealed class RouteValues(string[] names, object?[] values) : IReadOnlyDictionary<string, object?>
{
    public int Count => names.Length;

    public IEnumerable<string> Keys => names;

    public IEnumerable<object?> Values => values;

    public object? this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The route has no capture '{key}'.");

    /// <summary><paramref name="under"/> with the given entries laid over it; both arrays belong to the result.</summary>
    public static IReadOnlyDictionary<string, object?> Overlay(IReadOnlyDictionary<string, object?> under, string[] names, object?[] values)
    {
        if (names.Length == 0)
        {
            return under;
        }

        if (under.Count == 0)
        {
            return new RouteValues(names, values);
        }

        var kept = 0;
        foreach (var entry in under)
        {
            kept += Array.IndexOf(names, entry.Key) < 0 ? 1 : 0;
        }

        var allNames = new string[kept + names.Length];
        var allValues = new object?[allNames.Length];
        var at = 0;
        foreach (var entry in under)
        {
            if (Array.IndexOf(names, entry.Key) < 0)
            {
                allNames[at] = entry.Key;
                allValues[at++] = entry.Value;
            }
        }

        names.CopyTo(allNames, at);
        values.CopyTo(allValues, at);
        return new RouteValues(allNames, allValues);
    }

    public bool ContainsKey(string key) => Array.IndexOf(names, key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value)
    {
        var at = Array.IndexOf(names, key);
        value = at < 0 ? null : values[at];
        return at >= 0;
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < names.Length; i++)
        {
            yield return new(names[i], values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
