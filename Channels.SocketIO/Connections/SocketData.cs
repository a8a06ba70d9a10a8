using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>
/// What an application keeps with one client in one namespace, for as long as it is there (<c>socket.data</c>). Where clients may come
/// back (<see cref="SocketIOOptions.Recovery"/>) it is kept for them as JSON: put a changed object in again, and read by
/// <see cref="TryGet{T}"/>. Thread-safe.
/// </summary>
public sealed class SocketData : IReadOnlyDictionary<string, object?>
{
    private readonly ConcurrentDictionary<string, object?> _entries = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <inheritdoc/>
    public IEnumerable<object?> Values => _entries.Values;

    /// <summary>Called after each change; null for nobody.</summary>
    internal Action? Changed { get; set; }

    /// <summary>The contracts of what has come back as JSON.</summary>
    internal SocketIOJson? Json { get; init; }

    /// <summary>An entry; setting one that is there replaces it.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="KeyNotFoundException">There is none to be read.</exception>
    public object? this[string key]
    {
        get => _entries[key];
        set
        {
            _entries[key] = value;
            Changed?.Invoke();
        }
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _entries.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, out object? value) => _entries.TryGetValue(key, out value);

    /// <summary>Reads an entry, as it was put in or as it has come back: text, booleans and bytes as themselves, everything else by its JSON contract.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="key">Its name.</param>
    /// <param name="value">The entry.</param>
    /// <returns>False when there is none of the type.</returns>
    /// <exception cref="NotSupportedException">It has come back, and its type has no JSON contract.</exception>
    public bool TryGet<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (!_entries.TryGetValue(key, out var entry))
        {
            return false;
        }

        if (entry is T own)
        {
            value = own;
            return true;
        }

        if (entry is not JsonElement element || Json is not { } json)
        {
            return false;
        }

        var contract = json.Contract<T>(); // outside: that there is none is the application's mistake
        try
        {
            return (value = element.Deserialize(contract)) is not null;
        }
        catch (Exception error) when (SocketIOJson.IsRefusal(error))
        {
            return false; // an older version may have kept it in another form
        }
    }

    /// <summary>Takes an entry out.</summary>
    /// <param name="key">Its name.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string key)
    {
        var removed = _entries.TryRemove(key, out _);
        if (removed)
        {
            Changed?.Invoke();
        }

        return removed;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Puts back what was kept, before anybody else sees it.</summary>
    internal void Restore(IEnumerable<KeyValuePair<string, object?>> entries)
    {
        foreach (var (key, value) in entries)
        {
            _entries[key] = value;
        }
    }
}
