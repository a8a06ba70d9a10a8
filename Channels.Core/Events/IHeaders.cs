using System.Diagnostics.CodeAnalysis;

namespace Channels;

/// <summary>
/// Header fields of a request, in the order of arrival, duplicates kept. Names are lower-case when enumerated and
/// compared without regard to case. Safe for concurrent reading while the scope's connection lives.
/// </summary>
/// <remarks>
/// A server may take its fields back when the application has ended: what was started beside it copies what it needs
/// before, or gets an <see cref="InvalidOperationException"/>.
/// </remarks>
[SuppressMessage("Naming", "CA1710", Justification = "Headers is the field's own word.")]
public interface IHeaders : IEnumerable<KeyValuePair<string, string>>
{
    /// <summary>The first value of the field, or null when the field is absent.</summary>
    /// <param name="name">The field's name in any case.</param>
    string? this[string name] { get; }

    /// <summary>All values of the field, one entry for each time it was sent; empty when absent.</summary>
    /// <param name="name">The field's name in any case.</param>
    IReadOnlyList<string> GetValues(string name);
}
