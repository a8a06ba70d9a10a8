using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// A string-keyed map of message values in insertion order: <c>new MessageMap { ["text"] = "hi", ["n"] = 5 }</c>.
/// It can be changed until it becomes part of a message or of another value; from then on it is immutable and shared.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "Map is the specification's word.")]
public sealed class MessageMap : IReadOnlyDictionary<string, MessageValue>, IEquatable<MessageMap>
{
    private readonly OrderedDictionary<string, MessageValue> _entries = new(StringComparer.Ordinal);
    private bool _frozen;

    /// <summary>How many entries the map has.</summary>
    public int Count => _entries.Count;

    /// <summary>The keys in insertion order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>The values in insertion order.</summary>
    public IEnumerable<MessageValue> Values => _entries.Values;

    /// <summary>Reads an entry, or writes it while the map is not part of a message yet.</summary>
    /// <param name="key">The entry's key.</param>
    /// <exception cref="KeyNotFoundException">The map has no such entry; the message lists those it has.</exception>
    /// <exception cref="InvalidOperationException">The map is part of a message and cannot change.</exception>
    public MessageValue this[string key]
    {
        get => _entries.TryGetValue(key, out var value)
            ? value
            : throw new ForeignContent.MissingEntryException($"The message has no entry '{HeaderText.Escape(key)}'; it has: {HeaderText.Escape(string.Join(", ", Keys))}.");
        set
        {
            ArgumentNullException.ThrowIfNull(key);
            ThrowIfFrozen();
            _entries[key] = value;
        }
    }

    /// <summary>Whether the map has the entry.</summary>
    /// <param name="key">The entry's key.</param>
    public bool ContainsKey(string key) => _entries.ContainsKey(key);

    /// <summary>Reads an entry if the map has it.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="value">The value.</param>
    public bool TryGetValue(string key, out MessageValue value) => _entries.TryGetValue(key, out value);

    /// <summary>Equal keys with equal values, in any order.</summary>
    /// <param name="other">The map to compare with.</param>
    public bool Equals(MessageMap? other) =>
        other is not null && Count == other.Count && _entries.All(entry => other.TryGetValue(entry.Key, out var value) && value == entry.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MessageMap);

    /// <inheritdoc/>
    public override int GetHashCode() => Count;

    /// <summary>Enumerates the entries in insertion order.</summary>
    public IEnumerator<KeyValuePair<string, MessageValue>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    /// <summary>The entries, to be gone through without allocating.</summary>
    internal OrderedDictionary<string, MessageValue> Entries => _entries;

    /// <summary>Takes an entry out of a map that is not part of a message yet; false when it has none of that key.</summary>
    /// <exception cref="InvalidOperationException">The map is part of a message and cannot change.</exception>
    internal bool Remove(string key, out MessageValue value)
    {
        ThrowIfFrozen();
        return _entries.Remove(key, out value);
    }

    /// <summary>The map itself when it may be changed, else a copy that may.</summary>
    internal MessageMap Thaw()
    {
        if (!_frozen)
        {
            return this;
        }

        var copy = new MessageMap();
        foreach (var (key, value) in _entries)
        {
            copy[key] = value;
        }

        return copy;
    }

    internal MessageMap Freeze()
    {
        _frozen = true;
        return this;
    }

    private void ThrowIfFrozen()
    {
        if (_frozen)
        {
            throw new InvalidOperationException("The map is part of a message and shared by its receivers; make a new map instead of changing it.");
        }
    }
}
