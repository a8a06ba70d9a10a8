using System.Buffers;

namespace Channels.Routing;

/// <summary>
/// The methods in front of a template: <c>POST auctions</c>, <c>GET|POST auctions</c>. GET serves HEAD as well
/// (RFC 9110, section 9.3.2). Immutable; safe from any thread.
/// </summary>
internal sealed class RouteMethods
{
    private const string Get = "GET";
    private const string Head = "HEAD";

    private static readonly SearchValues<char> MethodText = SearchValues.Create("|-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private RouteMethods(string[] named) => (Named, Served) = (named, named.Contains(Get) && !named.Contains(Head) ? [.. named, Head] : named);

    /// <summary>The methods as they were written.</summary>
    public string[] Named { get; }

    /// <summary>The methods that reach the route.</summary>
    public string[] Served { get; }

    /// <summary>Takes the methods off a route's key; null when there are none and every method is meant.</summary>
    /// <param name="key">Methods, a blank and a template, or a template alone.</param>
    /// <param name="template">The template.</param>
    /// <exception cref="ArgumentException">What stands before the blank is meant as methods, but holds a mistake.</exception>
    public static RouteMethods? Split(string key, out string template)
    {
        template = key;
        var blank = key.IndexOf(' ', StringComparison.Ordinal);
        if (blank <= 0 || key.AsSpan(0, blank).ContainsAnyExcept(MethodText))
        {
            return null; // no template holds a blank: reading it will say so
        }

        var named = key[..blank].Split('|');
        foreach (var method in named)
        {
            if (method.Length == 0 || method.AsSpan().ContainsAnyInRange('a', 'z'))
            {
                throw new ArgumentException($"The route '{key}' is not valid: methods stand before the template in capitals, joined by '|', as in 'GET|POST auctions'.");
            }
        }

        if (named.Distinct(StringComparer.Ordinal).Count() != named.Length)
        {
            throw new ArgumentException($"The route '{key}' is not valid: it names a method twice.");
        }

        template = key[(blank + 1)..];
        return new(named);
    }

    /// <summary>Whether a request with this method is served.</summary>
    public bool Serve(string method) => Array.IndexOf(Served, method) >= 0;

    /// <summary>The methods as they stand before a template.</summary>
    public override string ToString() => string.Join('|', Named);
}
