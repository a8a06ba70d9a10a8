using System.Collections;

namespace Channels.Tests.Security;

/// <summary>An <c>Origin</c> header with any text, as no header list of ours would take it.</summary>
internal sealed class RawHeaders(string? origin) : IHeaders
{
    public string? this[string name] => name.Equals("origin", StringComparison.OrdinalIgnoreCase) ? origin : null;

    public IReadOnlyList<string> GetValues(string name) => this[name] is { } value ? [value] : [];

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        (origin is null ? [] : new List<KeyValuePair<string, string>> { new("origin", origin) }).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
