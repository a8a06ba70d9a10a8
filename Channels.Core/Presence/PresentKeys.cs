using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>Who is present in one group, in memory. Guarded by locking the object itself.</summary>
internal sealed class PresentKeys(string group)
{
    private readonly SortedSet<string> _order = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Connections, MessageMap Metadata)> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _connections = new(StringComparer.Ordinal);

    public string Group { get; } = group;

    public bool IsEmpty => _keys.Count == 0;

    /// <summary>Whoever comes now has to look for its successor.</summary>
    public bool Forgotten { get; set; }

    /// <summary>The key of a connection.</summary>
    public bool TryFind(string connection, [NotNullWhen(true)] out string? key) => _connections.TryGetValue(connection, out key);

    /// <summary>Adds a connection; true when others are to be told. A connection with another key was removed before.</summary>
    public bool Add(string connection, string key, MessageMap metadata)
    {
        var isNew = !_keys.TryGetValue(key, out var known);
        _keys[key] = (known.Connections + (_connections.TryAdd(connection, key) ? 1 : 0), metadata);
        _order.Add(key);
        return isNew || !known.Metadata.Equals(metadata);
    }

    /// <summary>Removes a connection; true when its key has gone with it.</summary>
    public bool Remove(string connection, string key)
    {
        _connections.Remove(connection);
        var (connections, metadata) = _keys[key]; // a connection's key is there
        if (connections > 1)
        {
            _keys[key] = (connections - 1, metadata);
            return false;
        }

        _keys.Remove(key);
        _order.Remove(key);
        return true;
    }

    /// <summary>A page, and whether more follow.</summary>
    public (PresenceEntry[] Entries, bool HasMore) Page(string? after, int max)
    {
        // The least text that is greater than another one is that and a zero.
        var rest = after is null || _order.Count == 0 ? _order
            : string.CompareOrdinal(after, _order.Max) >= 0 ? [] : _order.GetViewBetween(after + '\0', _order.Max);
        PresenceEntry[] entries = [.. rest.Take(max).Select(key => new PresenceEntry(key, _keys[key].Metadata))];
        return (entries, entries.Length == max && entries[^1].Key != _order.Max);
    }
}
