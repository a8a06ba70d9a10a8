using System.Collections;

namespace Channels.Tests.Security;

/// <summary><c>Origin</c> and <c>Host</c> headers with any text, as no header list of ours would take them.</summary>
internal sealed class RawHeaders(string? origin, string? host = null) : IHeaders
{
    public string? this[string name] => name.ToLowerInvariant() switch
    {
        "origin" => origin,
        "host" => host,
        _ => null,
    };

    public IReadOnlyList<string> GetValues(string name) => this[name] is { } value ? [value] : [];

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        new[] { KeyValuePair.Create("origin", origin!), KeyValuePair.Create("host", host!) }.Where(header => header.Value is not null).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
