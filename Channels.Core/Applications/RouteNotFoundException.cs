namespace Channels.Extending;

/// <summary>
/// No route of an inner router matches: the outer router catches it and goes on with its next route. The outermost
/// router answers 404 instead of letting it out.
/// </summary>
public sealed class RouteNotFoundException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">The path and the routes that exist.</param>
    public RouteNotFoundException(string message)
        : base(message)
    {
    }
}
