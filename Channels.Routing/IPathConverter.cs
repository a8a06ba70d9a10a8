using System.Diagnostics.CodeAnalysis;

namespace Channels.Routing;

/// <summary>
/// Turns the text of a placeholder into a value: <c>{year:year}</c> uses the converter that its router knows as
/// <c>year</c>. Stateless and thread-safe; called for every candidate route, so it must be quick and must not throw.
/// </summary>
public interface IPathConverter
{
    /// <summary>
    /// False: the placeholder stands for the text of one segment. True: it takes the whole rest of the path, slashes
    /// included, and must be the last thing in its template. Default false.
    /// </summary>
    bool SpansSegments => false;

    /// <summary>Converts the text, or refuses it, in which case the route does not match.</summary>
    /// <param name="text">Decoded text written by the peer; may be empty.</param>
    /// <param name="value">The value for <see cref="RouteMatch.Values"/>.</param>
    bool TryConvert(ReadOnlySpan<char> text, [NotNullWhen(true)] out object? value);
}
