using System.Collections;

namespace Channels;

/// <summary>
/// Header fields in order, duplicates kept; usable with a collection initializer:
/// <c>new HeaderList { { "content-type", "text/plain" } }</c>.
/// </summary>
/// <remarks>
/// Not safe for concurrent change. Once an event holding the list has been sent, the list must not change.
/// </remarks>
public sealed class HeaderList : IHeaders, IReadOnlyCollection<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>How many fields the list holds.</summary>
    public int Count => _fields.Count;

    /// <inheritdoc/>
    public string? this[string name]
    {
        get
        {
            foreach (var field in _fields)
            {
                if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase))
                {
                    return field.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Adds a field; a field of the same name stays beside it.</summary>
    /// <param name="name">A token as RFC 9110, section 5.1, defines it.</param>
    /// <param name="value">The value; CR, LF and NUL are refused, so that no value can add a header of its own.</param>
    /// <exception cref="ArgumentException">The name is not a token, or the value holds CR, LF or NUL.</exception>
    public void Add(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!HeaderText.IsToken(name))
        {
            throw new ArgumentException($"'{HeaderText.Escape(name)}' is not a header name: use letters, digits and !#$%&'*+-.^_`|~ only.", nameof(name));
        }

        if (!HeaderText.IsValue(value))
        {
            throw new ArgumentException($"The value of header '{name}' holds CR, LF, NUL or another control character.", nameof(value));
        }

        _fields.Add(new(name.ToLowerInvariant(), value));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> GetValues(string name)
    {
        var values = new List<string>();
        foreach (var field in _fields)
        {
            if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                values.Add(field.Value);
            }
        }

        return values;
    }

    /// <summary>Enumerates the fields without allocating.</summary>
    public List<KeyValuePair<string, string>>.Enumerator GetEnumerator() => _fields.GetEnumerator();

    IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _fields.GetEnumerator();
}
