namespace Channels;

/// <summary>A persistent list of typed entries: adding makes a new list in front of the old one, which nobody sees change.</summary>
internal sealed class ScopeItems(object key, object? value, ScopeItems? rest)
{
    public static bool TryGet(ScopeItems? items, object key, out object? value)
    {
        for (var item = items; item is not null; item = item._rest)
        {
            if (ReferenceEquals(item._key, key))
            {
                value = item._value;
                return true;
            }
        }

        value = null;
        return false;
    }

    private readonly object _key = key;
    private readonly object? _value = value;
    private readonly ScopeItems? _rest = rest;
}
