namespace Channels;

/// <summary>Middleware in reading order, outermost first, folded once: <c>MiddlewareStack.Of(cookies, session, auth)</c>.</summary>
public static class MiddlewareStack
{
    /// <summary>Joins several middlewares into one.</summary>
    /// <param name="outermostFirst">The middlewares; the first is the outermost.</param>
    public static Middleware Of(params Middleware[] outermostFirst)
    {
        ArgumentNullException.ThrowIfNull(outermostFirst);
        return inner =>
        {
            var application = inner;
            for (var i = outermostFirst.Length - 1; i >= 0; i--)
            {
                application = outermostFirst[i](application);
            }

            return application;
        };
    }
}
